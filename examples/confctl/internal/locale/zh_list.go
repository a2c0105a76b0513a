package locale

// The sentences of confctl list.
func init() {
	translate(map[string]string{
		"show live conferences": "显示实时会议",
		"the first conferences": "最前面的若干会议",
	})
}
