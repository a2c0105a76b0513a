package locale

// The sentences of package table.
func init() {
	translate(map[string]string{
		"conferences have no field %q":                                         "会议没有名为 %q 的字段",
		"%s is personal data: add --with-personal-data":                        "%s 是个人信息：请加上 --with-personal-data",
		"%s is true, false or empty, not %q":                                   "%s 应为 true、false 或空，而不是 %q",
		"%s is a number or a time, not %q; write a time like 2026-11-02 09:00": "%s 应为数字或时间，而不是 %q；时间的写法如 2026-11-02 09:00",

		"the operators are =, !=, >, >=, <, <=; a text alone is looked for in all texts": "运算符有 =、!=、>、>=、<、<=；不写运算符时，查找含有这段文本的会议",

		"EVENT":        "预约 ID",
		"TITLE":        "主题",
		"ORGANISATION": "组织",
		"START":        "开始",
		"MINUTES":      "分钟",
		"ATTENDEES":    "参会人数",
		"HOST":         "主持人",

		"no":          "否",
		"yes":         "是",
		"created":     "已创建",
		"in progress": "进行中",
		"ended":       "已结束",
		"expired":     "已过期",

		"[masked]": "（已脱敏）",

		"%s is a number or one of these words, not %q: %s": "%s 应为数字或以下文字之一，而不是 %q：%s",
	})
}
