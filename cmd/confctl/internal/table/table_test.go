package table_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/table"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

var english = locale.Printer(language.English)

// meetings are a few that differ in everything that the tests ask for.
func meetings() []confopenapi.Conference {
	return []confopenapi.Conference{
		{EventID: 7, ConferenceID: "22188557", Title: "周例会", HostName: "张三", AttendeeCount: 3, IsRecorded: new(true), StartTime: 1793609918},
		{EventID: 8, ConferenceID: "22188560", Title: "Sprint 回顾", HostName: "李四", AttendeeCount: 12, IsRecorded: new(false), StartTime: 1793500000},
		{EventID: 90, ConferenceID: "22188563", Title: "面试", HostName: "王伟", AttendeeCount: 1, Passcode: confopenapi.NewSecret("5d41")},
	}
}

func TestConditions(t *testing.T) {
	start := time.Unix(1793609918, 0)
	for condition, want := range map[string][]int64{
		"例会":                {7},
		"sprint":            {8},
		"2218855":           {7},
		"90":                {90},
		"attendeeCnt=12":    {8},
		"attendeeCnt != 12": {7, 90},
		"attendeeCnt>=3":    {7, 8},
		"attendeeCnt > 3":   {8},
		"ATTENDEECNT<=3":    {7, 90},
		"attendeecnt<3":     {90},
		"title=SPRINT 回顾":   {8},
		"isRecord=true":     {7},
		"isRecord=false":    {8},
		"isRecord=":         {90},
		"startTime=":        {90},
		"startTime>=" + start.Format(time.RFC3339): {7},
		"startTime>" + start.Format(time.DateTime): {},
		"startTime<" + start.Format(time.DateOnly): {8, 90},
		"startTime<=1793500000":                    {8, 90},
		"hostName=张三":                              {7},
		"pcode2=5d41":                              {90},
		"王伟":                                       {90},
		"attendeeCnt＞10":                           {8},
		"attendeeCnt ≤ 3":                          {7, 90},
		"attendeeCnt！＝12":                          {7, 90},
		"title==面试":                                {90},
		"参会人数>=10":                                 {8},
		"ATTENDEES>=10":                            {8}, // a heading
		"all>=10":                                  {8}, // one of the watch
		"isRecord=yes":                             {7},
		"isRecord=unknown":                         {90},
		"会议预约 ID＝7":                                {7},
		"10:00~11:00":                              {}, // a text
		"<全员>":                                     {},
	} {
		meets, err := table.Picker{Printer: english, WithPersonalData: true}.Condition(condition)
		if err != nil {
			t.Errorf("%q: %v", condition, err)
			continue
		}
		got := []int64{}
		for _, c := range meetings() {
			if meets(&c) {
				got = append(got, c.EventID)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", condition, diff)
		}
	}
}

func TestConditionSkipsPersonalDataByDefault(t *testing.T) {
	picker := table.Picker{Printer: english}
	meets, err := picker.Condition("张三")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range meetings() {
		if meets(&c) {
			t.Errorf("%v is found by its host", c)
		}
	}
	for _, text := range []string{"hostName=张三", "pcode2=5d41"} {
		if _, err := picker.Condition(text); err == nil || !strings.Contains(err.Error(), "--with-personal-data") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := picker.Order("title,-hostName"); err == nil || !strings.Contains(err.Error(), "--with-personal-data") {
		t.Error(err)
	}
}

func TestConditionInvalid(t *testing.T) {
	picker := table.Picker{Printer: locale.Printer(language.Chinese)}
	for text, want := range map[string]string{
		"titel=x": `没有名为 "titel" 的字段`, "回顾=x": `没有名为 "回顾" 的字段`, "hostOrgName~研发": "运算符", "组织 =～ 研发": "运算符", "attendeeCnt>many": `而不是 "many"`, "isRecord=perhaps": `而不是 "perhaps"`,
	} {
		if _, err := picker.Condition(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "titel", "title,", "--title"} {
		if _, err := picker.Order(text); err == nil {
			t.Errorf("%q sorts", text)
		}
	}
}

func TestOrders(t *testing.T) {
	for by, want := range map[string][]int64{
		"attendeeCnt":     {90, 7, 8},
		"-attendeeCnt":    {8, 7, 90},
		"-参会人数，ATTENDEES": {8, 7, 90},
		"title":           {8, 90, 7}, // Sprint, miàn, zhōu
		"isRecord":        {90, 8, 7},
		"-Status,eventId": {7, 8, 90},
		"status":          {7, 8, 90}, // equal: as they were
	} {
		order, err := table.Picker{Printer: english}.Order(by)
		if err != nil {
			t.Fatal(err)
		}
		list := meetings()
		order(list)
		var got []int64
		for _, c := range list {
			got = append(got, c.EventID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", by, diff)
		}
	}
}

func TestTheTableFitsTheTerminal(t *testing.T) {
	list := confopenapitest.Conferences(40, 3)
	list[3].Title = strings.Repeat("长", 60)
	list[4].Title = "“引号”…\x1b[31m 🎉"
	for _, tag := range []language.Tag{language.English, language.Chinese} {
		for _, columns := range []int{60, 72, 80, 100, 200} {
			out := table.Table{Printer: locale.Printer(tag), Width: columns, Location: time.UTC}.Render(list)
			lines := strings.Split(out, "\n")
			if len(lines) != len(list)+2 {
				t.Errorf("%d lines", len(lines))
			}
			start := -1 // the column of the times
			for i, line := range lines {
				if w := ansi.StringWidth(line); w > columns {
					t.Errorf("%v: %d columns, not %d: %q", tag, w, columns, line)
				}
				if before, _, ok := strings.Cut(line, "11-02 "); ok {
					if w := ansi.StringWidth(before); start >= 0 && w != start {
						t.Errorf("%v: line %d: the time is in column %d, not %d:\n%s", tag, i, w, start, out)
					} else {
						start = w
					}
				}
			}
			if start < 0 || strings.Contains(out, "\x1b") {
				t.Errorf("no times, or an escape:\n%s", out)
			}
		}
	}
}

// Where there is no room for whole numbers, each field has a line.
func TestChosenColumnsKeepTheirNumbers(t *testing.T) {
	list := confopenapitest.Conferences(1, 3)
	list[0].AttendeeCount, list[0].VoIPCount = 123_456, 98_765
	var columns []*show.Field
	for _, name := range []string{"title", "hostOrgName", "startTime", "attendeeCnt", "voipCnt"} {
		i := slices.IndexFunc(show.Fields, func(f *show.Field) bool { return f.Name == name })
		columns = append(columns, show.Fields[i])
	}
	for _, width := range []int{0, 20, 30, 40, 60, 80, 120} {
		out := table.Table{Printer: locale.Printer(language.English), Width: width, Columns: columns, Location: time.UTC}.Render(list)
		if !strings.Contains(out, "123456") || !strings.Contains(out, "98765") {
			t.Errorf("at %d columns, no 123456 or no 98765 in\n%s", width, out)
		}
	}
}

func TestWideTableHasEveryField(t *testing.T) {
	english := table.Table{Printer: locale.Printer(language.English), Wide: true, Location: time.UTC}.Render(meetings())
	out := table.Table{Printer: locale.Printer(language.Chinese), Wide: true, Location: time.UTC}.Render(meetings())
	for _, f := range show.Fields {
		if !strings.Contains(english, f.Name) || !strings.Contains(out, f.Chinese) || strings.Contains(out, f.Name) {
			t.Errorf("no %s, or no %s", f.Name, f.Chinese)
		}
	}
	for _, text := range []string{"2026-11-02 08:58:38", "是", "否", "未知", "5d41"} {
		if !strings.Contains(out, text) {
			t.Errorf("no %q in\n%s", text, out)
		}
	}
}

// What the table shows can be asked for, and the columns come as they are asked for.
func TestWordsOfTheTable(t *testing.T) {
	chinese := locale.Printer(language.Chinese)
	picker := table.Picker{Printer: chinese}
	list := meetings()
	list[1].Status = confopenapi.StatusInProgress
	for _, text := range []string{"会议状态=进行中", "是否录制=否", "参会>=12"} {
		meets, err := picker.Condition(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if !meets(&list[1]) || meets(&list[2]) {
			t.Errorf("%q does not pick the second alone of %v", text, list[1:])
		}
	}
	for text, want := range map[string]bool{"title=回顾": true, "主题＝回顾": true, "title!=回顾": false, "title=": false, "attendeeCnt=3": false, "回顾": false} {
		if got := picker.EqualsText(text); got != want {
			t.Errorf("EqualsText(%q): got %t, want %t", text, got, want)
		}
	}
	show.Mask(&list[0])
	out := table.Table{Printer: chinese, Columns: []*show.Field{picker.Named("主持人"), picker.Named("title"), picker.Named("isRecord")}, Location: time.UTC}.Render(list[:1])
	if want := "主持人姓名  会议主题  是否录制\n------------------------------\n（已脱敏）  周例会    是"; out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}
