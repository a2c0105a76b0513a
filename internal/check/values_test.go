package check_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/go/packages"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// stated are the places in documents and doc comments that state a value of the code. In a pattern, # is a number with its unit, @ is
// a list of names or HTTP statuses, and … is any text. Who rewords such a place rewords its pattern.
var stated = []struct {
	what    string // a key of codeValues
	places  int    // how many there are in all files
	pattern string
}{
	{"attemptTimeout", 2, "`WithAttemptTimeout` \\| #"},
	{"attemptTimeout", 2, "\\| # \\| `WithAttemptTimeout`"},
	{"attemptTimeout", 1, "WithAttemptTimeout bounds each … The default is #;"},
	{"timeout", 2, "`WithTimeout` \\| #"},
	{"timeout", 2, "\\| # \\| `WithTimeout`"},
	{"timeout", 1, "WithTimeout bounds every … The default is #;"},
	{"timeout", 1, "without a deadline now ends after #"},
	{"timeout", 1, "没有截止时间的调用现在会在 #后结束"},
	{"timeout", 1, "takes in the # of"},
	{"timeout", 1, "服务在 `WithTimeout` 的 #"},
	{"waitingCalls", 2, "`WithTimeout`, # here,|（这里是 # 个）"},
	{"maxResponseBytes", 2, "`WithMaxResponseBytes` \\| #"},
	{"maxResponseBytes", 1, "WithMaxResponseBytes bounds … The default is #\\."},
	{"pageFactor", 2, "(?:at most|conferences than) # times (?:as many|the count)"},
	{"leastPageLen", 2, "asked for, or # if that is more|or than #, if that is more"},
	{"requestID", 2, "one line of(?: at most)? # bytes"},
	{"maxMsg", 2, "a `msg` at most #|longer one the first #"},
	{"MaxAttempts", 1, "`WithRetry` \\| # attempts"},
	{"MaxAttempts", 1, "`WithRetry` \\| # 次尝试"},
	{"MaxAttempts", 1, "MaxAttempts int … default #\n"},
	{"MaxAttempts", 1, "\\| attempts \\| # \\|"},
	{"MaxAttempts", 1, "\\| 尝试次数 \\| # \\|"},
	{"MaxAttempts", 1, "waits between # attempts"},
	{"MaxAttempts", 1, "#次尝试之间的等待"},
	{"MaxAttempts", 2, "(?i)# attempts(?:\\.| with growing waits)"},
	{"MaxAttempts", 1, "# times the load"},
	{"MaxAttempts", 1, "会承受#倍的负载"},
	{"MaxAttempts", 1, "尝试#次，"},
	{"MaxAttempts", 1, "尝试过#次。"},
	{"MaxAttempts", 1, "four times # attempts"},
	{"MaxAttempts", 1, "四次乘以#次"},
	{"MaxAttempts", 2, "\\| #(?: 次，即|, or as many as) `MaxAttempts`"},
	{"MinWait", 1, "a first wait of up to #"},
	{"MinWait", 1, "首次等待至多 #"},
	{"MinWait", 1, "MinWait time.Duration … default #\n"},
	{"MaxWait", 1, "that doubles, up to #"},
	{"MaxWait", 1, "其后加倍，至多 #"},
	{"MaxWait", 1, "MaxWait time.Duration … default #\n"},
	{"MaxWait", 2, "`RetryPolicy.MaxWait`(?:, |，即 )#"},
	{"MaxRetryAfter", 2, "`Retry-After` (?:up to|至多) #"},
	{"MaxRetryAfter", 2, "\\(`Retry-After`\\) \\| up to #|（`Retry-After`） \\| 至多 #"},
	{"MaxRetryAfter", 1, "MaxRetryAfter time.Duration … default #\n"},
	{"MaxRetryAfter", 2, "`Retry-After` asks, up to `MaxRetryAfter`, #|的要求，最多为 `MaxRetryAfter`，即 #"},
	{"Budget", 2, "budget of # retries"},
	{"Budget", 2, "预算 # 次|共用 # 次"},
	{"Budget", 1, "Budget int … default #\n"},
	{"retries", 2, "budget: # times the number|调用数乘以#，"},
	{"waits", 2, "0\\.9 (?:to|至) #"},
	{"retryCost", 2, "(?i)# responses of a service"},
	{"retryCost", 1, "每给出#个响应"},
	{"outageMin", 1, "at least # attempts of"},
	{"outageMin", 1, "至少 # 次尝试失败"},
	{"outageWindow", 1, "attempts of the last #"},
	{"outageWindow", 1, "最近 # 内至少"},
	{"leastRate", 1, "(?i)# attempt a second"},
	{"leastRate", 1, "每秒#次尝试"},
	{"doubleTime", 1, "at most every #"},
	{"doubleTime", 1, "每 # 最多一次"},
	{"leftByRefusal", 1, "rate at first \\| # of the rate"},
	{"leftByRefusal", 1, "another refusal \\| # of the current rate"},
	{"leftByRefusal", 2, "处理速率的 # 倍|当前速率的 # 倍"},
	{"growthPercent", 1, "as above, but with # % in place"},
	{"growthPercent", 1, "20% 改为 #%"},
	{"growthAtFirstPercent", 1, "# % higher each second"},
	{"growthAtFirstPercent", 1, "\\| 每秒提高 #%"},
	{"growthAfterwardsPercent", 2, "second; # % higher|则每秒提高 #%"},
	{"defaultInterval", 2, "takes a snapshot every #,|`Watch` 每隔 #（"},
	{"defaultInterval", 1, "Interval is the pause … The default is #\\."},
	{"longestAsked", 1, "for that, up to #"},
	{"defaultBuffer", 1, "gets an EventBehind. The default is #\\."},
	{"longestAsked", 1, "最多推迟#"},
	{"longestAsked", 1, "the pause is that, up to #"},
	{"maxRenewAhead", 1, "tenth of its life but no more than #"},
	{"maxRenewAhead", 1, "but at most # before"},
	{"maxRenewAhead", 1, "十分之一，至多#"},
	{"renewPatience", 1, "waits for that, at most #"},
	{"renewPatience", 1, "renewal, for # at the most"},
	{"renewPatience", 1, "至多等#"},
	{"pings", 1, "by pings within #"},
	{"DefaultPageSize", 1, "request's Count, or #\\."},
	{"DefaultPageSize", 1, "10,000; default #\n"},
	{"MaxPageSize", 2, "asked for, from 1 to # \\(|first request, 20 to #;"},
	{"MinPageSize", 1, "asks for at least #,"},
	{"MaxParallel", 1, "at most, from 1 to #;"},
	{"defaultParallel", 1, "from 1 to 16; default #\\."},
	{"maxPages", 1, "or there are more than #,"},
	{"maxRequests", 1, "a listing makes at most # calls"},
	{"Limit", 3, "0 = #, negative = no limit|Limit`, # unless you say|Limit`（默认 #）"},
	{"DefaultCount", 2, "default #\\. The largest|默认 #。服务端接受"},
	{"DefaultCount", 2, "fewer than # rows, the default|少于默认的 # 行"},
	{"maxTries", 2, "\\| (?:repairs of one gap|同一缺口的补读) \\| #"},
	{"minFull", 2, "# pages behind the first were full|第一页之后已有#页是满的"},
	{"DefaultCount", 1, "default: #\n description: \\| 每页条数"},
	{"defaultRequestLog", 1, "The default is the last #;"},
	{"fields", 2, "(?:the|all) # documented fields"},
	{"faults", 4, "about # ways|`Faults\\(\\)`, about #|约#种"},
	{"StatusCreated", 3, "# created,|# 已创建"},
	{"StatusInProgress", 3, "# in progress,|# 进行中"},
	{"StatusEnded", 3, "# ended(?:,| \\()|# 已结束"},
	{"StatusExpired", 3, "# expired|# 已过期"},

	{"retried", 4, "(?:HTTP statuses|true for HTTP|always this type \\||总是这个类型 \\|) @"},
	{"notRetried", 2, "(?:it was retried, except|已经重试过（)@"},
	{"ErrUnauthorized", 2, "`ErrUnauthorized` \\| @"},
	{"ErrForbidden", 2, "`ErrForbidden` \\| @"},
	{"ErrRateLimited", 2, "`ErrRateLimited` \\| @"},
	{"ErrRedirect", 2, "\n\\| `ErrRedirect` \\| @"},
	{"ErrRedirect", 1, "elsewhere \\(HTTP @"},
	{"ErrRedirect", 1, "a redirect such as @"},
	{"mappable", 1, "0, each value @"},
	{"mappable", 1, "\"[^\"]*\"\\+ \"@\""},
	{"retriedKinds", 2, "maps (?:them|it) to @|(?:用 `WithStatusErrors` |把它)映射为 @"},
	{"retriedKinds", 1, "WithStatusErrors maps to @"},
	{"retriedKinds", 1, "maps its code: @ are"},
	{"retriedKinds", 1, "TokenSource, @ are"},
	{"retriedReasons", 1, "it is true for @"},
	{"placements", 2, "`TokenInHeader` \\| @"},
}

// TestStatedValues compares defaults, limits and lists that documents and doc comments state with the code.
func TestStatedValues(t *testing.T) {
	numbers, lists := codeValues(t)
	for _, message := range compareStated(statingFiles(t), numbers, lists) {
		t.Error(message)
	}
}

// statingFiles are the texts, by their names, that state values of the code.
func statingFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	folders := regexp.MustCompile(`^((docs/|api/)?[^/]*\.(md|yaml)|(confopenapitest/|internal/overlap/|bench/internal/wire/)?[^/]*\.go)$`)
	for _, name := range tracked(t) {
		if folders.MatchString(name) && !strings.HasSuffix(name, "_test.go") && name != "CHANGELOG.md" && name != "RELIABILITY.md" {
			files[name] = mustRead(t, name)
		}
	}
	return files
}

// placeSyntax makes a pattern of stated a regular expression.
var placeSyntax = strings.NewReplacer(" ", `[\s/]+`, "…", `[^}]{0,400}?`,
	"@", "((?:[\\s/,，、`*\"+]|and|or|but|except|以及|除|和|或|之外的|5xx|[A-Z]\\w+|\\d{3}\\b)+)",
	"#", ` ?([\d,.]*\d|\b(?i:one|three|four|five|ten|sixty)\b|[一三四五六十]+)(?: ?(ms\b|s\b|KiB\b|MiB\b|minutes\b|seconds\b|分钟|秒))?`)

func compareStated(files map[string]string, numbers map[string]float64, lists map[string][]string) (messages []string) {
	item := regexp.MustCompile(`[A-Z]\w+|\d{3}`)
	for _, s := range stated {
		pattern, places := regexp.MustCompile(placeSyntax.Replace(s.pattern)), 0
		for name, text := range files {
			for _, at := range pattern.FindAllStringSubmatchIndex(text, -1) {
				var found []string
				for i := 2; i < len(at); i += 2 {
					if at[i] >= 0 {
						found = append(found, text[at[i]:at[i+1]])
					}
				}
				got, want := any(quantity(found)), any(numbers[s.what])
				if list, isList := lists[s.what]; isList {
					items := item.FindAllString(found[0], -1)
					slices.Sort(items)
					got, want, found = fmt.Sprint(items), fmt.Sprint(list), items
				}
				if len(found) == 0 { // other text, in which no list follows
					continue
				}
				if places++; got != want {
					line := 1 + strings.Count(text[:at[1]], "\n")
					messages = append(messages, fmt.Sprintf("%s:%d: got %q, want the value of the code: %s is %s", name, line, found, s.what, shown(want)))
				}
			}
		}
		if places != s.places {
			messages = append(messages, fmt.Sprintf("got %d places like %q, want %d: if a place was reworded, correct its pattern in values_test.go",
				places, s.pattern, s.places))
		}
	}
	return messages
}

// quantity is a number of a document and its unit, if it has one: a duration in nanoseconds, a size in bytes.
func quantity(found []string) float64 {
	words := map[string]float64{"one": 1, "一": 1, "ten": 10, "three": 3, "four": 4, "five": 5, "sixty": 60, "三": 3, "四": 4, "五": 5, "六十": 60}
	n, isWord := words[strings.ToLower(found[0])]
	if _, err := fmt.Sscan(strings.ReplaceAll(found[0], ",", ""), &n); err != nil && !isWord {
		return math.NaN()
	}
	units := map[string]float64{"ms": 1e6, "s": 1e9, "seconds": 1e9, "秒": 1e9, "minutes": 60e9, "分钟": 60e9, "KiB": 1 << 10, "MiB": 1 << 20}
	if len(found) > 1 {
		n *= units[found[1]]
	}
	return n
}

// shown is a value for people: 15 s is 1.5e10 in nanoseconds.
func shown(value any) string {
	n, isNumber := value.(float64)
	switch {
	case isNumber && n >= 1e8:
		return time.Duration(n).String()
	case isNumber:
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprint(value)
}

// codeValues are what documents state: constants and fields of literals by their names, and what follows from behaviour.
func codeValues(t *testing.T) (numbers map[string]float64, lists map[string][]string) {
	t.Helper()
	numbers, lists = map[string]float64{}, map[string][]string{}
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedSyntax | packages.NeedImports,
	}, ".", "./confopenapitest", "./internal/overlap", "./internal/send", "./internal/livelist")
	if err != nil {
		t.Fatal(err)
	}
	add := func(name string, v constant.Value) {
		if v != nil && (v.Kind() == constant.Int || v.Kind() == constant.Float) {
			numbers[name], _ = constant.Float64Val(v)
		}
	}
	reasons := map[string]confopenapi.Reason{}
	for _, p := range loaded {
		for _, name := range p.Types.Scope().Names() {
			if c, ok := p.Types.Scope().Lookup(name).(*types.Const); ok {
				add(name, c.Val())
				switch c.Type().String() {
				case module + ".Reason":
					reasons[name] = confopenapi.Reason(constant.StringVal(c.Val()))
				case module + ".TokenPlacement":
					lists["placements"] = append(lists["placements"], name)
				}
			}
		}
		for _, file := range p.Syntax {
			for _, decl := range file.Decls {
				f, ok := decl.(*ast.FuncDecl)
				named := ok && (f.Name.Name == "defaultSettings" || f.Name.Name == "NewTransport")
				ast.Inspect(decl, func(n ast.Node) bool {
					switch n := n.(type) {
					case *ast.KeyValueExpr:
						if named {
							add(types.ExprString(n.Key), p.TypesInfo.Types[n.Value].Value)
						}
					case *ast.CallExpr:
						if types.ExprString(n.Fun) == "cmp.Or" && types.ExprString(n.Args[0]) == "o.Limit" {
							add("Limit", p.TypesInfo.Types[n.Args[1]].Value)
						}
					}
					return true
				})
			}
		}
	}
	numbers["retries"] = numbers["MaxAttempts"] - 1
	numbers["waitingCalls"] = 20 * numbers["timeout"] / float64(time.Second) // of a service of 20 requests a second
	numbers["requestID"] = numbers["maxRequestID"] + float64(len("…"))
	numbers["outageWindow"] = numbers["window"] * float64(time.Second)
	numbers["growthPercent"] = math.Round(100 * (numbers["growth"] - 1))
	numbers["growthAfterwardsPercent"] = math.Round(100 * (numbers["growthAfterwards"] - 1))
	numbers["growthAtFirstPercent"] = math.Round(100 * (numbers["growthAtFirst"] - 1))
	numbers["leastPageLen"], numbers["pageFactor"] = longestPage(t, 1), longestPage(t, 1000)/1000
	for i := range int(numbers["retries"]) {
		numbers["waits"] += min(numbers["MinWait"]*math.Pow(2, float64(i)), numbers["MaxWait"])
	}
	numbers["pings"] = numbers["SendPingTimeout"] + numbers["PingTimeout"]
	numbers["fields"], numbers["faults"] = float64(len(fields.All)), 10*math.Round(float64(len(confopenapitest.Faults()))/10)

	sentinels := map[string]error{
		"ErrUnauthorized": confopenapi.ErrUnauthorized, "ErrForbidden": confopenapi.ErrForbidden, "ErrRateLimited": confopenapi.ErrRateLimited,
		"ErrServer": confopenapi.ErrServer, "ErrRedirect": confopenapi.ErrRedirect, "ErrTooLarge": confopenapi.ErrTooLarge,
		"ErrIncomplete": confopenapi.ErrIncomplete,
	}
	for status := 300; status < 600; status++ {
		failure := &confopenapi.HTTPError{StatusCode: status}
		if retried := confopenapi.IsRetryable(failure); retried != (status >= 500) {
			lists["retried"] = append(lists["retried"], fmt.Sprint(status))
			if !retried {
				lists["notRetried"] = append(lists["notRetried"], fmt.Sprint(status))
			}
		}
		for name, sentinel := range sentinels {
			if errors.Is(failure, sentinel) {
				lists[name] = append(lists[name], fmt.Sprint(status))
			}
		}
	}
	for name, sentinel := range sentinels {
		srv := confopenapitest.NewServer(t)
		client, err := srv.Client().With(confopenapi.WithStatusErrors(map[int]error{7: sentinel}))
		if err != nil {
			continue
		}
		lists["mappable"] = append(lists["mappable"], name)
		srv.FailNext(1, confopenapitest.BusinessStatus(7, "null"))
		if _, err := client.ListByStatus(t.Context(), nil); err == nil {
			lists["retriedKinds"] = append(lists["retriedKinds"], name)
		}
	}
	for name, reason := range reasons {
		if confopenapi.IsRetryable(&confopenapi.IncompleteError{Report: confopenapi.Report{Reason: reason}}) {
			lists["retriedReasons"] = append(lists["retriedReasons"], name)
		}
	}
	for _, list := range lists {
		slices.Sort(list)
	}
	return numbers, lists
}

// longestPage is how many conferences a page may have that was asked for with count.
func longestPage(t *testing.T, count int) (most float64) {
	t.Helper()
	srv := confopenapitest.NewServer(t)
	srv.FailNext(1, confopenapitest.BusinessStatus(0, `{"totalCount":1,"confList":[{}`+strings.Repeat(",{}", 50_000)+`]}`))
	_, err := srv.Client().ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{Count: count})
	failure, ok := errors.AsType[*confopenapi.DecodeError](err)
	if !ok {
		t.Fatalf("got %v for a page of 50,001 conferences, want a DecodeError", err)
	}
	if _, err := fmt.Sscanf(failure.Err.Error(), "more than %g conferences", &most); err != nil {
		t.Fatalf("got %q, want how many conferences a page may have", failure.Err)
	}
	return most
}

// Some tables of the guides have a row, or a part of one, for every constant of a type and for every type of error.
func TestTablesHaveEveryConstant(t *testing.T) {
	scope := load(t, ".")[0].Scope()
	for pattern, of := range map[string]*regexp.Regexp{
		"docs/listing*.md":        regexp.MustCompile(`^(Reason|Verdict)[A-Z]`),
		"docs/authentication*.md": regexp.MustCompile(`^TokenIn[A-Z]`),
		"docs/errors*.md":         regexp.MustCompile(`^[A-Z]\w+Error$`),
	} {
		for _, doc := range documents(t, pattern) {
			code := strings.Join(doc.rows(), " ")
			for _, name := range scope.Names() {
				if of.MatchString(name) && name != "VerdictDefault" && !strings.Contains(code, "`"+name+"`") && !strings.Contains(code, "`*"+name+"`") {
					t.Errorf("%s: got no row of a table that begins with %s, want one", doc.name, name)
				}
			}
		}
	}
}

// Every function of the kit that makes a Fault made one of Faults, so that tests that go through all meet it.
func TestFaultsHasEveryConstructor(t *testing.T) {
	scope := load(t, ".")[1].Scope()
	constructors := 0
	for _, name := range scope.Names() {
		f, ok := scope.Lookup(name).(*types.Func)
		if !ok || !f.Exported() || name == "FaultNamed" {
			continue
		}
		if results := f.Signature().Results(); results.Len() != 1 || results.At(0).Type() != scope.Lookup("Fault").Type() {
			continue
		}
		constructors++
		if !slices.ContainsFunc(confopenapitest.Faults(), func(f confopenapitest.Fault) bool { return strings.HasPrefix(f.String(), name+"(") }) {
			t.Errorf("confopenapitest.%s: got no fault of that name from Faults(), want at least one", name)
		}
	}
	if constructors < 9 {
		t.Errorf("got %d functions that make a Fault, want at least 9", constructors)
	}
}

// The guide to faults has a row for each that has a name and no function.
func TestFaultsTableHasEveryName(t *testing.T) {
	for _, doc := range documents(t, "docs/faults*.md") {
		rows := doc.rows()
		for _, fault := range confopenapitest.Faults() {
			name := fmt.Sprintf("`%q`", fault.String())
			if !strings.HasSuffix(fault.String(), ")") && !slices.Contains(rows, name) {
				t.Errorf("%s: got no row of %s, want one", doc.name, name)
			}
		}
	}
}
