// Package ogen is the client that ogen makes of the endpoint.
package ogen

//go:generate go run github.com/ogen-go/ogen/cmd/ogen@v1.24.0 -package ogen -target . -config config.yaml ../../openapi.yaml
