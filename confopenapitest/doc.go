// Package confopenapitest is a fake of the conference open API for tests of programs that use confopenapi, and for
// trying the SDK without a service.
//
// In a test, one line starts a server on loopback that lives as long as the test:
//
//	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(45, 1)...))
//	page, err := srv.Client().ListByStatus(ctx, nil)
//
// Outside of a test, Start and Close do the same, and NewService gives the fake as an http.Handler that mounts anywhere.
//
// The fake does what the vendor documents: pages from 1 of 20 by default, the filter of conferences with one attendee,
// the token in the header or the body, the envelope. Where nothing is documented it does something plausible and says so
// in the comment of the option that changes it. All its data is made up.
package confopenapitest
