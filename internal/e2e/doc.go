// Package e2e has no code of its own, only tests: the client against components that misbehave for real. A TCP
// proxy that delays, cuts and resets, nginx, a forward proxy, and the HTTP/2 server of Go stand between the client and the
// fake service, which knows what was lost.
//
//	make integration   every fault with every call, compared with RELIABILITY.md, or with WRITE=yes writes it
//	make soak          ten minutes of churn and random faults, and writes their figures there
//
// It is a module of its own, so that what it needs is not the importers'.
package e2e
