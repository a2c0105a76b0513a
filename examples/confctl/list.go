package main

import (
	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go/examples/internal/show"
)

// newListCommand shows what is live.
func newListCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: a.Sprintf("show live conferences"),
		Example: examples(
			example{"confctl list", a.Sprintf("the first conferences")},
		),
		RunE: func(cmd *cobra.Command, _ []string) error {
			service, err := a.open()
			if err != nil {
				return err
			}
			defer service.Close()
			page, err := service.Client.ListByStatus(cmd.Context(), &a.request)
			if err != nil {
				return err
			}
			if !a.withPersonalData {
				show.MaskPage(page)
			}
			return a.output(show.JSON(a.stdout, page))
		},
	}
}
