package program

import (
	"errors"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
)

// addressMistakes are what can be wrong with an address: what the SDK says, and what confctl says instead. Nobody can give
// confctl the SDK's options.
var addressMistakes = map[string]string{
	"it has a blank or an invisible character inside":                    locale.Mark("it has a blank or an invisible character inside"),
	"it does not parse as a URL":                                         locale.Mark("it is no URL"),
	"it must begin with https:// or http://":                             locale.Mark("it must begin with https:// or http://"),
	"it has user information, which would end up in logs: use WithToken": locale.Mark("it has a user name or a password, which would end up in logs"),
	"it has no host":             locale.Mark("it has no host"),
	"it has a query or fragment": locale.Mark("it has a query or fragment"),
	"it ends in the endpoint's own path: give what comes before /confopenapi":                          locale.Mark("it ends in the endpoint's own path: give what comes before /confopenapi"),
	"its port is not in 1 to 65535":                                                                    locale.Mark("its port is not in 1 to 65535"),
	"plain http would show the token and personal data to the network: use https, or WithInsecureHTTP": locale.Mark("plain http would show the token and personal data to the network: use https"),
}

// CheckAddress refuses an address that no client can be made of.
func (v *Voice) CheckAddress(address string) error {
	_, err := confopenapi.NewClient(TrimBlanks(address), confopenapi.WithToken("unused"))
	return v.badAddress(err)
}

// badAddress is the problem of an address that the SDK refused, in the words of confctl's settings; other errors stay.
func (v *Voice) badAddress(err error) error {
	wrong, ok := errors.AsType[*confopenapi.RequestError](err)
	if !ok || wrong.Field != "baseURL" {
		return err
	}
	why, known := addressMistakes[wrong.Err.Error()]
	if !known {
		return err
	}
	return &Problem{
		Err:  errors.New(v.Sprintf("%s is not valid: %s", v.BaseURL, v.Sprintf(why))),
		Hint: v.Sprintf("set %s to an address such as https://conf.example.com or https://conf.example.com/prefix", v.BaseURL),
		Code: Unsent,
	}
}
