// Package locale has confctl's languages: English, whose sentences are the keys, and simplified Chinese. The sentences of a
// command are in the file zh_….go with its name.
package locale

import (
	"cmp"
	"fmt"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// Languages are what Parse knows.
var Languages = []string{"en", "zh"}

// chinese has the Chinese of every sentence.
var chinese = make(map[string]string)

// english has the sentences whose key is not right for every number.
var english = map[string]catalog.Message{
	"%d live conferences: all": plural.Selectf(1, "%d",
		plural.One, "1 live conference: all", plural.Other, "%d live conferences: all"),
	"%d live conferences, perhaps more; --all shows all": plural.Selectf(1, "%d",
		plural.One, "1 live conference, perhaps more; --all shows all",
		plural.Other, "%d live conferences, perhaps more; --all shows all"),
	"%d live conferences: all, on one condition, which confctl snapshot shows": plural.Selectf(1, "%d",
		plural.One, "1 live conference: all, on one condition, which confctl snapshot shows",
		plural.Other, "%d live conferences: all, on one condition, which confctl snapshot shows"),
	"%d live conferences, perhaps more": plural.Selectf(1, "%d",
		plural.One, "1 live conference, perhaps more", plural.Other, "%d live conferences, perhaps more"),
	"%d live conferences were listed; the service counts the same number.": plural.Selectf(1, "%d",
		plural.One, "1 live conference was listed; the service counts one, too.",
		plural.Other, "%d live conferences were listed; the service counts the same number."),
	"%d live conferences were listed; the service counts %d.": plural.Selectf(1, "%d",
		plural.One, "1 live conference was listed; the service counts %[2]d.",
		plural.Other, "%[1]d live conferences were listed; the service counts %[2]d."),
	"It took %d requests and %s.": plural.Selectf(1, "%d",
		plural.One, "It took one request and %[2]s.", plural.Other, "It took %[1]d requests and %[2]s."),
	"%d pages could not be read.": plural.Selectf(1, "%d",
		plural.One, "One page could not be read.", plural.Other, "%d pages could not be read."),
	"Meanwhile the list moved by at most %d places between two neighbouring pages.": plural.Selectf(1, "%d",
		plural.One, "Meanwhile the list moved by at most one place between two neighbouring pages.",
		plural.Other, "Meanwhile the list moved by at most %d places between two neighbouring pages."),
	"%d runs, as of %s": plural.Selectf(1, "%d", plural.One, "1 run, as of %[2]s", plural.Other, "%[1]d runs, as of %[2]s"),
	"%s: %d runs":       plural.Selectf(2, "%d", plural.One, "%[1]s: 1 run", plural.Other, "%[1]s: %[2]d runs"),
	"%d conferences with more than %d attendees": plural.Selectf(1, "%d",
		plural.One, "1 conference with more than %[2]d attendees", plural.Other, "%[1]d conferences with more than %[2]d attendees"),
	"%d conferences started that match %s": plural.Selectf(1, "%d",
		plural.One, "1 conference started that matches %[2]s", plural.Other, "%[1]d conferences started that match %[2]s"),
}

// translate adds sentences to chinese. A sentence of two commands is in one of their files.
func translate(sentences map[string]string) {
	for key, text := range sentences {
		if _, twice := chinese[key]; twice {
			panic("locale: translated twice: " + key)
		}
		chinese[key] = text
	}
}

// Parse reads the name of a language, such as zh or zh-CN.
func Parse(name string) (language.Tag, error) {
	tag, err := language.Parse(name)
	if err == nil {
		switch base, _ := tag.Base(); base.String() {
		case "en":
			return language.English, nil
		case "zh":
			return language.Chinese, nil
		}
	}
	return language.Und, fmt.Errorf("%q is none of %s", name, strings.Join(Languages, ", "))
}

// FromEnv is the language that the environment asks for, English if it asks for none or for another, and where it names a
// character set that has no UTF-8.
func FromEnv(env func(string) string) language.Tag {
	_, charset, named := strings.Cut(cmp.Or(env("LC_ALL"), env("LC_CTYPE"), env("LANG")), ".")
	charset, _, _ = strings.Cut(strings.ToLower(charset), "@")
	if named && charset != "utf-8" && charset != "utf8" {
		return language.English
	}
	for _, name := range [...]string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		value := env(name)
		if value == "" {
			continue
		}
		value, _, _ = strings.Cut(value, ".") // zh_CN.UTF-8
		value, _, _ = strings.Cut(value, "@") // zh_CN@pinyin
		if tag, err := Parse(value); err == nil {
			return tag
		}
		break // the first that is set counts, also "C"
	}
	return language.English
}

// Printer prints sentences in a language. Their numbers have groups of three digits; what is no quantity, such as an id,
// is given as text.
func Printer(tag language.Tag) *message.Printer {
	c := catalog.NewBuilder(catalog.Fallback(language.English))
	for key, text := range chinese {
		if err := c.SetString(language.Chinese, key, text); err != nil {
			panic("locale: " + err.Error())
		}
	}
	for key, forms := range english {
		if err := c.Set(language.English, key, forms); err != nil {
			panic("locale: " + err.Error())
		}
	}
	return message.NewPrinter(tag, message.Catalog(c))
}

// IsChinese reports whether a printer prints Chinese.
func IsChinese(p *message.Printer) bool {
	const sentence = "no response"
	return p.Sprintf(sentence) == chinese[sentence]
}

// List has commas between names, in Chinese those of a list.
func List(p *message.Printer, names []string) string {
	if IsChinese(p) {
		return strings.Join(names, "、")
	}
	return strings.Join(names, ", ")
}

// Mark returns the sentence. It marks sentences that a printer gets from a variable, so that the test of the catalogue finds
// them.
func Mark(sentence string) string { return sentence }
