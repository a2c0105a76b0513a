package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Origin says what an export is of, and what its file looks like. It is the first line of an unfinished file: a run with
// another one would add what is of another list, or make a file of another form. Open takes the latter from the Layout.
type Origin struct {
	Service      string `json:"service"`      // its address, or that it is a fake
	Admin        int64  `json:"admin"`        // whose conferences they are; 0 = the super administrator's
	HideSingle   *bool  `json:"hideSingle"`   // the filter, which has three states
	PersonalData bool   `json:"personalData"` // whether it is there or masked

	Format  Format    `json:"format"`
	Columns []string  `json:"columns"`
	Chinese bool      `json:"chinese"`        // the headings
	BOM     bool      `json:"bom"`            // before a CSV
	Begun   time.Time `json:"begun,omitzero"` // in the zone of the file's times; zero = they are in none
}

// of is the origin of a file with a layout.
func (o Origin) of(l Layout) Origin {
	o.Format, o.Columns, o.Chinese, o.BOM, o.Begun = l.Format, Names(l.Columns), l.Chinese, l.BOM, time.Time{}
	if l.Format == CSV || l.Format == XLSX {
		o.Begun = time.Now().In(l.zone())
	}
	return o
}

// head is the first line, by which the program recognises the file.
type head struct {
	Export int    `json:"confctlExport"` // the version of the file's form
	Origin Origin `json:"of"`
}

const headVersion = 2

func (o Origin) head() (string, error) {
	line, err := json.Marshal(head{headVersion, o})
	return string(line), err
}

// OriginError says that an unfinished file cannot be gone on with. Nothing was changed.
type OriginError struct {
	Path string
	What What
	Had  Origin // of the file; zero if it is none
}

// What is what two origins do not have in common.
type What string

// The facts of an Origin.
const (
	NoExport     What = "" // it is no unfinished file of this program
	Version      What = "version of this program"
	Service      What = "service"
	Admin        What = "administrator"
	Filter       What = "filter"
	PersonalData What = "treatment of personal data"
	Kind         What = "format"
	Fields       What = "choice of columns"
	Headings     What = "language of headings"
	Mark         What = "byte order mark"
	Zone         What = "time zone"
)

func (e *OriginError) Error() string {
	if e.What == NoExport {
		return e.Path + " is no unfinished export"
	}
	return fmt.Sprintf("%s is of another %s", e.Path, e.What)
}

// judge compares with an unfinished file's first line.
func (o Origin) judge(path, line string) error {
	var found head
	if err := json.Unmarshal([]byte(line), &found); err != nil || found.Export == 0 {
		return &OriginError{Path: path}
	}
	if found.Export != headVersion {
		return &OriginError{Path: path, What: Version}
	}
	had := found.Origin
	for _, c := range [...]struct {
		what What
		same bool
	}{
		{Service, had.Service == o.Service},
		{Admin, had.Admin == o.Admin},
		{Filter, (had.HideSingle == nil) == (o.HideSingle == nil) && (o.HideSingle == nil || *had.HideSingle == *o.HideSingle)},
		{PersonalData, had.PersonalData == o.PersonalData},
		{Kind, had.Format == o.Format},
		{Fields, slices.Equal(had.Columns, o.Columns)},
		{Headings, had.Chinese == o.Chinese},
		{Mark, had.BOM == o.BOM},
		{Zone, offset(had.Begun) == offset(had.Begun.In(o.Begun.Location()))},
	} {
		if !c.same {
			return &OriginError{path, c.what, had}
		}
	}
	return nil
}

// offset is how far the zone of a time is from UTC, in seconds. Two zones that agree then may have two names.
func offset(t time.Time) int {
	_, seconds := t.Zone()
	return seconds
}
