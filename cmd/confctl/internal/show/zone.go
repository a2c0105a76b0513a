package show

import (
	"fmt"
	"time"
)

// Zone names the zone of a time, such as UTC or UTC+8: letters such as CST stand for several.
func Zone(t time.Time) string {
	_, offset := t.Zone()
	sign, minutes := "+", offset/60
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	switch {
	case minutes == 0:
		return "UTC"
	case minutes%60 == 0:
		return fmt.Sprintf("UTC%s%d", sign, minutes/60)
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, minutes/60, minutes%60)
}
