package fleet

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ReadAdmins reads the user ids of administrators, one a line. Empty lines and what follows a # are skipped.
func ReadAdmins(file string) ([]int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var admins []int64
	seen := map[int64]bool{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		admin, err := strconv.ParseInt(text, 10, 64)
		if err != nil || admin <= 0 {
			return nil, fmt.Errorf("%s:%d: %q is no user id", file, n, text)
		}
		if !seen[admin] {
			seen[admin] = true
			admins = append(admins, admin)
		}
	}
	return admins, lines.Err()
}
