module github.com/confopenapi/confopenapi-go/examples

go 1.26.0

require (
	github.com/confopenapi/confopenapi-go v0.1.0
	golang.org/x/time v0.16.0
)

require (
	github.com/google/go-querystring v1.2.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
)

replace github.com/confopenapi/confopenapi-go => ../
