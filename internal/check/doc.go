// Package check has no code of its own, only tests, which hold the documents, the contract, the Go API, the change log and
// what importers download to what is true of the code. "make docs" runs them. It is a module of its own, so that what it
// needs is no dependency of the SDK.
package check
