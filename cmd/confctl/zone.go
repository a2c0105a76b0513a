package main

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // for machines without the zones, such as those with Windows
)

// setZone finds the zone that times are shown in. Package time would take UTC for a name in TZ that it does not know.
func (a *app) setZone() error {
	name := strings.TrimPrefix(a.env("TZ"), ":")
	a.zone = time.Local
	if name == "" {
		return nil
	}
	if strings.HasPrefix(name, "/") {
		if _, err := os.Stat(name); err == nil {
			return nil
		}
	} else if zone, err := time.LoadLocation(name); err == nil {
		a.zone = zone
		return nil
	} else if zone := fixedZone(name); zone != nil {
		a.zone = zone
		return nil
	}
	return a.unsent(a.Sprintf("TZ is a name such as Asia/Shanghai or UTC; without it the zone is that of this machine"),
		errors.New(a.Sprintf("unknown time zone in TZ: %q", name)))
}

// posixZone is a zone as POSIX has it, without summer time: CST-8 is eight hours ahead of UTC.
var posixZone = regexp.MustCompile(`^(?:[A-Za-z]{3,}|<[-+A-Za-z0-9]{3,}>)([-+]?)(\d{1,2})(?::(\d\d))?$`)

func fixedZone(name string) *time.Location {
	parts := posixZone.FindStringSubmatch(name)
	if parts == nil {
		return nil
	}
	hours, _ := strconv.Atoi(parts[2])
	minutes, _ := strconv.Atoi(parts[3])
	offset := -(hours*60 + minutes) * 60
	if parts[1] == "-" {
		offset = -offset
	}
	return time.FixedZone(name, offset)
}
