package main

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/export"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/partial"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// refused explains why a target cannot be used. Nothing was sent, and nothing changed.
func (f *exportFlags) refused(err error) error {
	if unfinished, ok := errors.AsType[*export.UnfinishedError](err); ok {
		return f.unsent(f.Sprintf("--resume continues with it; move it away to start again"),
			errors.New(f.Sprintf("there is an unfinished export in %s", unfinished.Path)))
	}
	if other, ok := errors.AsType[*export.OriginError](err); ok {
		hint := f.Sprintf("resume it with the same flags as before, or move it away to start again")
		switch other.What {
		case export.Version, export.NoExport:
			hint = f.Sprintf("move it away to start again")
		case export.Zone:
			hint = f.Sprintf("TZ is a name such as Asia/Shanghai or UTC; without it the zone is that of this machine")
		}
		return f.unsent(hint, errors.New(f.differs(other)))
	}
	if damaged, ok := errors.AsType[*partial.DamagedError](err); ok {
		return f.unsent(f.Sprintf("move it away to start again"), errors.New(f.Sprintf("line %d of %s is damaged", damaged.Line, damaged.Path)))
	}
	_, absent := os.Lstat(partial.Path(f.target))
	switch {
	case errors.Is(err, export.ErrExists) && f.resume && absent != nil:
		return f.unsent(f.Sprintf("nothing is left to do, unless the file is of another program; --force lists again and replaces it"), errors.New(f.Sprintf("%s is complete: there is no unfinished export", f.target)))
	case errors.Is(err, export.ErrExists):
		return f.unsent(f.Sprintf("--force replaces it"), errors.New(f.Sprintf("%s already exists", f.target)))
	case errors.Is(err, disk.ErrNoFile):
		return f.unsent(f.Sprintf("-o must be the name of a file"), errors.New(f.Sprintf("%s is a directory or a device", f.target)))
	case errors.Is(err, disk.ErrBusy):
		return f.unsent(f.Sprintf("wait for it, or choose another -o"), errors.New(f.Sprintf("another run is writing %s", f.target)))
	}
	return f.unsent(f.Sprintf("the directory of -o must exist, and you must be allowed to write the file"), err)
}

// differs says what an unfinished export has not in common with this one.
func (f *exportFlags) differs(e *export.OriginError) string {
	switch e.What {
	case export.Service:
		return f.Sprintf("%s is of another service, %s", e.Path, e.Had.Service)
	case export.Admin:
		return f.Sprintf("%s was started with another --admin", e.Path)
	case export.Filter:
		return f.Sprintf("%s was started with another --hide-single", e.Path)
	case export.PersonalData:
		return f.startedWith(e, e.Had.PersonalData, "--with-personal-data")
	case export.Fields:
		return f.startedWith(e, !slices.Equal(e.Had.Columns, columnNames()), "--columns "+strings.Join(e.Had.Columns, ","))
	case export.Headings:
		return f.startedWith(e, e.Had.Chinese, "--chinese-headings")
	case export.Mark:
		return f.startedWith(e, e.Had.BOM, "--bom")
	case export.Zone:
		return f.Sprintf("%s was started with times in %s", e.Path, show.Zone(e.Had.Begun))
	case export.Version:
		return f.Sprintf("%s is of another version of this program", e.Path)
	case export.Kind:
		return f.startedWith(e, true, "--format "+string(e.Had.Format))
	}
	return f.Sprintf("%s is not an unfinished export", e.Path)
}

// startedWith says whether an unfinished export was started with a flag.
func (f *exportFlags) startedWith(e *export.OriginError, with bool, flag string) string {
	if with {
		return f.Sprintf("%s was started with %s", e.Path, flag)
	}
	flag, _, _ = strings.Cut(flag, " ")
	return f.Sprintf("%s was started without %s", e.Path, flag)
}

// failed gives the errors of a run their hints. Those of the list have theirs.
func (f *exportFlags) failed(err error) error {
	if disk, ok := errors.AsType[*export.WriteError](err); ok {
		return f.output(disk.Err)
	}
	if large, ok := errors.AsType[*export.TooLargeError](err); ok {
		hint := f.Sprintf("CSV and NDJSON have no such limit")
		if large.Column != "" {
			hint = f.Sprintf("CSV and NDJSON have no such limit; or start again with --columns without %s", large.Column)
		}
		return &program.Problem{Err: err, Hint: hint, Code: program.Failed}
	}
	if errors.Is(err, export.ErrExists) { // it was not when the run began
		return &program.Problem{Err: err, Hint: f.Sprintf("--force replaces it"), Code: program.Failed}
	}
	return err
}
