package locale

// The sentences that all commands share, and those of help and completion.
func init() {
	translate(map[string]string{
		"list, export and watch live conferences":                                                  "查看、导出、持续跟踪实时会议列表",
		"confctl lists, exports and watches live conferences, and examines how a service behaves.": "confctl 用于查看、导出和持续跟踪实时会议列表，并检查服务的实际行为。",
		"It calls the service at CONFOPENAPI_BASE_URL with the token in CONFOPENAPI_TOKEN, or that of a profile, which confctl login writes. Flags, such as --profile, come before the environment, and the environment before the profile default. If nothing is set, it calls an embedded fake.": "confctl 用 CONFOPENAPI_TOKEN 中的令牌访问 CONFOPENAPI_BASE_URL 处的服务，或访问由 confctl login 写入的配置所指的服务。命令行选项（例如 --profile）优先于环境变量，环境变量优先于名为 default 的配置。什么都没有设置时，访问内置的模拟服务器。",
		"Exit codes: 0 success, 1 a request or the output failed, 2 nothing was sent, 3 less is proven than required, 130 interrupted.":                                                                                                                                                            "退出码：0 成功；1 请求或输出失败；2 没有发出任何请求；3 列举的结论（能否证明没有遗漏）低于要求；130 被中断。",

		"These conferences are made up by an embedded fake. To list real ones, run confctl login, or set %s and %s.": "以下会议由内置的模拟服务器虚构。如需查看真实会议，请运行 confctl login，或设置 %s 和 %s。",

		"call the service at this `URL` instead of CONFOPENAPI_BASE_URL":                                                  "访问 `URL` 处的服务，代替 CONFOPENAPI_BASE_URL",
		"read the token from this `FILE` instead of CONFOPENAPI_TOKEN; - is standard input":                               "从 `FILE` 读取令牌，代替 CONFOPENAPI_TOKEN；- 表示标准输入",
		"list the conferences of the administrator with this user `ID` instead of the super administrator's":              "列出用户 ID 为 `ID` 的管理员的会议，而不是超级管理员的会议",
		"hide conferences with one attendee; =false lists them; without the flag the service decides":                     "隐藏仅 1 人的会议；=false 则列出；不带此选项时由服务端决定",
		"for a service whose totals are always too large: listings take them for no evidence":                             "用于总数一向偏大的服务：判断是否列全时不看总数",
		"begin with what doctor wrote into this `FILE`, so that short lists take fewer requests; doctor itself writes it": "使用 doctor 写入 `FILE` 的结果，列表较短时可以少发请求；用于 doctor 时则写入",
		"confctl doctor --facts %s writes it":                                                                             "confctl doctor --facts %s 会写入该文件",
		"%s does not contain facts of this version of confctl":                                                            "%s 不是此版本的 confctl 写入的文件",
		"show names, addresses, phone numbers, passcodes, and the service's own error messages":                           "显示姓名、地址、电话号码、参会人密码，以及服务端返回的错误信息",
		"no colours, as with NO_COLOR in the environment":                                                                 "不使用颜色，与环境变量 NO_COLOR 相同",
		"print the version, the commit, and the Go that built it":                                                         "显示版本、提交和构建所用的 Go",

		"show the help of a command":  "显示命令的帮助",
		"log every attempt to stderr": "把每次请求（含重试）记录到标准错误",
		"use this `LANGUAGE`, en or zh; the default comes from LC_ALL, LC_MESSAGES or LANG": "使用的语言 `LANGUAGE`：en 或 zh；默认由 LC_ALL、LC_MESSAGES 或 LANG 决定",

		"the token would be visible on the terminal: use a pipe":                                 "令牌会显示在终端上：请通过管道传入",
		"--token-file is a file with the token, or - for standard input":                         "--token-file 应为保存令牌的文件，或用 - 表示标准输入",
		"TZ is a name such as Asia/Shanghai or UTC; without it the zone is that of this machine": "TZ 应为时区名称，例如 Asia/Shanghai 或 UTC；不设置时使用本机时区",
		"unknown time zone in TZ: %q":                                                            "TZ 中的时区 %q 无法识别",
		"save it as UTF-8: > of Windows PowerShell writes UTF-16":                                "请重新保存为 UTF-8：Windows PowerShell 的 > 写出的是 UTF-16",
		"%s is not text in UTF-8":                                                                "%s 不是 UTF-8 文本",
		"%s contains more than a token":                                                          "除令牌外还有其他内容（%s）",
		"%s contains no token":                                                                   "没有找到令牌（%s）",

		"the live conferences":                          "查看实时会议",
		"all of them, in a file":                        "把全部会议写入文件",
		"keep the address and the token of the service": "保存服务的地址和令牌",
		"unexpected argument %q":                        "多余的参数 %q",
		"unknown command %q":                            "未知的命令 %q",
		"unknown flag %s":                               "未知的选项 %s",
		"--%s: bad value %q":                            "--%s：无效的值 %q",
		"--%s: a value is missing":                      "--%s：缺少值",
		"--%s is a whole number":                        "--%s 应为整数",
		"--%s is a number":                              "--%s 应为数字",
		"--%s is true or false":                         "--%s 应为 true 或 false",
		"--%s is a time such as 30s or 5m":              "--%s 应为时长，例如 30s 或 5m",
		"one of: %s":                                    "可用：%s",
		"did you mean %s?":                              "是否想用 %s？",
		"see %s":                                        "用 %s 查看命令说明",
		"usage: %s":                                     "用法：%s",

		"%[1]s does not call a service: --%[2]s cannot be used": "%[1]s 不访问服务，不能使用 --%[2]s",
		"%s COMMAND [flags]":      "%s 命令 [选项]",
		"%s [flags]":              "%s [选项]",
		"Usage: %s":               "用法：%s",
		"Examples:":               "示例：",
		"Commands:":               "命令：",
		"Flags:":                  "选项：",
		"Flags of every command:": "所有命令共有的选项：",
		"%s (default %s)":         "%s（默认 %s）",

		"print a script that makes a shell complete commands and flags": "输出补全脚本，供 shell 补全命令和选项",
		"in this shell; bash needs its package bash-completion":         "只在当前 shell 中生效；bash 需要 bash-completion 软件包",
		"in every zsh from now on":                                      "今后在每个 zsh 中生效",
		"in every fish from now on":                                     "今后在每个 fish 中生效",
		"in every PowerShell from now on":                               "今后在每个 PowerShell 中生效",
		"which shell?":                                                  "哪一种 shell？",
		"unknown shell %q":                                              "未知的 shell %q",
	})
}
