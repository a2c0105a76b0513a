package doctor

import (
	"context"
	"errors"
	"net/http"

	"github.com/confopenapi/confopenapi-go"
)

// wrongToken is no token of anybody.
const wrongToken = "confctl-doctor-no-token"

var placements = []struct {
	check string
	place confopenapi.TokenPlacement
	where Sentence
}{
	{checkTokenHeader, confopenapi.TokenInHeader, say.Sprintf("in the header")},
	{checkTokenBody, confopenapi.TokenInBody, say.Sprintf("in the body")},
	{checkTokenBoth, confopenapi.TokenInBoth, say.Sprintf("in both places")},
}

// contact finds a way to get a response at all: with the token in the header, as the SDK has it, then elsewhere.
var contact = probe{
	checks: []string{checkService},
	asks:   say.Sprintf("whether the service responds"),
	most:   len(placements),
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		var first error
		for _, p := range placements {
			client, err := s.client.With(confopenapi.WithTokenPlacement(p.place))
			if err != nil {
				return nil, err
			}
			s.failures, s.dead = 0, nil
			s.first, err = s.send(ctx, client, &s.request)
			if err == nil {
				s.client, s.dead = client, nil
				return []Finding{{
					Check: checkService, Verdict: OK, What: say.Sprintf("The service responds, with the token %s.", p.where),
					Evidence: Evidence{"conferences": len(s.first.rows), "total": s.first.total},
				}}, nil
			}
			if first == nil {
				first = err
			}
			if !denies(err) {
				break
			}
		}
		s.dead = first
		return nil, first
	},
}

// denies reports whether a response may be about the token: how the service refuses one is not documented.
func denies(err error) bool {
	_, business := errors.AsType[*confopenapi.StatusError](err)
	refused, ok := errors.AsType[*confopenapi.HTTPError](err)
	return business || ok && (refused.StatusCode == http.StatusUnauthorized || refused.StatusCode == http.StatusForbidden || refused.StatusCode == http.StatusBadRequest)
}

// tokens finds where a token is accepted, and how another is refused.
var tokens = probe{
	checks: []string{checkTokenHeader, checkTokenBody, checkTokenBoth, checkTokenWrong},
	asks:   say.Sprintf("where the token is accepted, and how a wrong one is refused"),
	most:   2*len(placements) - 1 + 1, // what is refused is asked again where it was accepted
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		var findings []Finding
		for _, p := range placements {
			client, err := s.client.With(confopenapi.WithTokenPlacement(p.place))
			if err != nil {
				return findings, err
			}
			_, err = s.sendAs(ctx, client)
			f := Finding{Check: p.check, Verdict: OK, What: say.Sprintf("The token is accepted %s.", p.where)}
			switch {
			case err == nil:
			case denies(err):
				if _, again := s.sendAs(ctx, s.client); again != nil { // where it was accepted before: it is over with the token
					s.dead = again
					return findings, again
				}
				f.Verdict, f.What, f.Evidence = Unusual, say.Sprintf("The token is refused %s; the documentation says that it is accepted there.", p.where), how(err)
			default:
				return findings, err
			}
			findings = append(findings, f)
		}
		client, err := s.client.With(confopenapi.WithToken(wrongToken))
		if err != nil {
			return findings, err
		}
		_, err = s.sendAs(ctx, client)
		f := Finding{Check: checkTokenWrong, Verdict: OK, Evidence: how(err)}
		switch {
		case err == nil:
			f.Verdict, f.What = Unusual, say.Sprintf("A wrong token is accepted.")
			f.Matters = say.Sprintf("Whoever reaches the service can read the list; confctl does not notice that a token is wrong or has expired.")
		case errors.Is(err, confopenapi.ErrUnauthorized):
			f.What = say.Sprintf("A wrong token is refused with HTTP 401.")
		case denies(err):
			f.Verdict, f.What = Unusual, refusalOf(err)
		default:
			return findings, err
		}
		return append(findings, f), nil
	},
}

func refusalOf(err error) Sentence {
	if refused, ok := errors.AsType[*confopenapi.StatusError](err); ok {
		return say.Sprintf("A wrong token is refused with business status %s and HTTP %s, not with HTTP 401.",
			plainNumber(refused.Code), plainNumber(refused.Meta.HTTPStatus))
	}
	refused, _ := errors.AsType[*confopenapi.HTTPError](err)
	return say.Sprintf("A wrong token is refused with HTTP %s, not with 401.", plainNumber(refused.StatusCode))
}

// sendAs asks what the first request asked, where a refusal of the token is a response like others.
func (s *session) sendAs(ctx context.Context, client *confopenapi.Client) (*read, error) {
	failures, dead := s.failures, s.dead
	r, err := s.send(ctx, client, &s.request)
	if err != nil && denies(err) {
		s.failures, s.dead = failures, dead
	}
	return r, err
}
