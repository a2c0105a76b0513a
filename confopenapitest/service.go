package confopenapitest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

const (
	endpoint     = "/confopenapi/conference/listbystatus"
	defaultToken = "confopenapitest-token"
	defaultCount = 20
	maxBody      = 1 << 20
)

// Option changes what NewService, NewServer and Start make.
type Option func(*Service)

// WithConferences sets the conferences that are live at the start. The default is Conferences(25, 1).
func WithConferences(list ...confopenapi.Conference) Option {
	return func(s *Service) { s.SetConferences(list...) }
}

// WithToken sets the token that requests must carry. The default is a fixed one, which Service.Token returns; "" accepts
// every request.
func WithToken(token string) Option { return func(s *Service) { s.token = token } }

// WithMaxCount makes the service send at most n conferences a page, without saying so, whatever count asks for; pages are
// then n long. The default is no cap. What the real service does is unknown.
func WithMaxCount(n int) Option { return func(s *Service) { s.maxCount = max(0, n) } }

// WithExampleSpelling writes confName and guestPcode, as in the vendor's example, instead of title and pcode2 of the
// field table.
func WithExampleSpelling() Option { return func(s *Service) { s.exampleSpelling = true } }

// Service is the fake as an http.Handler. It is safe for concurrent use.
type Service struct {
	token           string
	maxCount        int
	exampleSpelling bool

	mu       sync.Mutex
	live     []confopenapi.Conference
	requests int
}

// NewService returns a fake that is not connected to any network.
func NewService(opts ...Option) *Service {
	s := &Service{token: defaultToken, live: Conferences(25, 1)}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// Token is the token that the service accepts.
func (s *Service) Token() string { return s.token }

// SetConferences replaces the live conferences, which are listed in this order. The service keeps a copy.
func (s *Service) SetConferences(list ...confopenapi.Conference) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = slices.Clone(list)
}

// Requests is how many requests have come to the endpoint.
func (s *Service) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// request is the documented body.
type request struct {
	FilterOneAttendee *bool
	AdminUserID       *int64
	Page, Count       *int
	Token             string
}

func (r *request) documented() map[string]any {
	return map[string]any{
		"filterOneAttendee": &r.FilterOneAttendee, "adminUserId": &r.AdminUserID,
		"page": &r.Page, "count": &r.Count, "token": &r.Token,
	}
}

// envelope is the documented frame of every answer.
type envelope struct {
	Status    int    `json:"status"`
	Result    any    `json:"result"`
	Msg       string `json:"msg"`
	RequestID string `json:"request_id"`
	Timestamp int64  `json:"timestamp"`
	Duration  string `json:"request_duration"`
}

// result is the documented result.
type result struct {
	TotalCount int              `json:"totalCount"`
	ConfList   []wireConference `json:"confList"`
}

// ServeHTTP answers the endpoint, under any prefix of the path. What breaks the documented contract is a 4xx with an
// envelope that tells what was wrong; how the real service answers that is unknown.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req, err := readRequest(r.Body)
	s.mu.Lock()
	httpStatus, msg, page := s.judge(r, req, err)
	body := s.envelope(httpStatus, msg, page)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(httpStatus)
	_, _ = w.Write(body)
}

// judge decides what a request gets: a page, or what is wrong with it.
func (s *Service) judge(r *http.Request, req request, bad error) (httpStatus int, msg string, page *result) {
	if !strings.HasSuffix(r.URL.Path, endpoint) {
		return http.StatusNotFound, "no such endpoint", nil
	}
	s.requests++
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, "the method must be POST", nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return http.StatusUnsupportedMediaType, "content-type must be application/json", nil
	}
	if bad != nil {
		return http.StatusBadRequest, bad.Error(), nil
	}
	if s.token != "" && r.Header.Get("token") != s.token && req.Token != s.token {
		return http.StatusUnauthorized, "token invalid", nil
	}
	return http.StatusOK, "success", s.list(req)
}

func readRequest(body io.Reader) (request, error) {
	var req request
	data, err := io.ReadAll(io.LimitReader(body, maxBody))
	if err != nil {
		return req, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return req, fmt.Errorf("the body is no JSON object: %w", err)
	}
	for name, value := range members { // encoding/json alone would let PAGE pass for page
		into, ok := req.documented()[name]
		if !ok {
			return req, fmt.Errorf("the body has the undocumented member %q", name)
		}
		if err := json.Unmarshal(value, into); err != nil {
			return req, fmt.Errorf("%s: %w", name, err)
		}
	}
	switch {
	case req.Page != nil && *req.Page < 1:
		return req, fmt.Errorf("page %d: pages count from 1", *req.Page)
	case req.Count != nil && *req.Count < 1:
		return req, fmt.Errorf("count %d is not positive", *req.Count)
	}
	return req, nil
}

// list is one page.
func (s *Service) list(req request) *result {
	matching := s.live
	if req.FilterOneAttendee != nil && *req.FilterOneAttendee {
		matching = slices.DeleteFunc(slices.Clone(s.live), func(c confopenapi.Conference) bool { return c.AttendeeCount == 1 })
	}
	page, count := 1, defaultCount
	if req.Page != nil {
		page = *req.Page
	}
	if req.Count != nil {
		count = *req.Count
	}
	if s.maxCount > 0 {
		count = min(count, s.maxCount)
	}
	total := len(matching)
	count = min(count, max(1, total))
	from := total
	if page-1 < (total+count-1)/count {
		from = (page - 1) * count
	}
	out := &result{TotalCount: total, ConfList: []wireConference{}}
	for _, c := range matching[from : min(total-from, count)+from] {
		out.ConfList = append(out.ConfList, s.wire(c))
	}
	return out
}

// envelope is an answer's body. Ids and times count requests, so that the same requests get the same bytes.
func (s *Service) envelope(httpStatus int, msg string, page *result) []byte {
	const firstTimestamp = 1774514768581
	e := envelope{
		Msg:       msg,
		RequestID: fmt.Sprintf("confopenapitest-%06d", s.requests),
		Timestamp: firstTimestamp + int64(s.requests),
		Duration:  (1500 * time.Microsecond).String(),
	}
	if page != nil {
		e.Result = page
	} else {
		e.Status = httpStatus
	}
	body, err := json.Marshal(e)
	if err != nil {
		panic(err) // of plain structs: a mistake of this package
	}
	return body
}
