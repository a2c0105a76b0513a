package locale

// The sentences that all commands share, and those of help and completion.
func init() {
	translate(map[string]string{
		"look at the list of live conferences, export it, watch it":                                                                                         "查看、导出、持续跟踪实时会议列表",
		"confctl looks at the list of live conferences, exports it, watches it, and learns what a service really does.":                                     "confctl 查看、导出、持续跟踪实时会议列表，并探明一个服务的实际行为。",
		"It asks the service at CONFOPENAPI_BASE_URL with the token in CONFOPENAPI_TOKEN, or an embedded fake if neither is set.":                           "confctl 用 CONFOPENAPI_TOKEN 中的令牌访问 CONFOPENAPI_BASE_URL 处的服务；两者都未设置时，访问内置的模拟服务。",
		"Exit codes: 0 all is well, 1 the service was asked and something failed, 2 nothing was sent, 3 less is proven than was required, 130 interrupted.": "退出码：0 一切正常；1 访问了服务，但出现失败；2 没有发出任何请求；3 证明程度低于要求；130 被中断。",

		"These conferences are made up, by an embedded fake. Set %s and %s to list real ones.": "以下会议由内置的模拟服务虚构。设置 %s 和 %s 后可列出真实的会议。",

		"ask the service at this `URL` instead of that in CONFOPENAPI_BASE_URL":                              "访问位于 `URL` 的服务，而不是 CONFOPENAPI_BASE_URL 所指的服务",
		"read the token from this `FILE` instead of CONFOPENAPI_TOKEN; - is standard input":                  "从 `FILE` 读取令牌，而不是从 CONFOPENAPI_TOKEN；- 表示标准输入",
		"list the conferences of the administrator with this user `ID` instead of the super administrator's": "列出用户 `ID` 为此值的管理员的会议，而不是超级管理员的会议",
		"hide conferences with one attendee; =false lists them; without the flag the service decides":        "隐藏仅 1 人的会议；=false 则列出；不带此选项时由服务端决定",
		"show names, addresses, numbers, passcodes, and the service's own words in errors":                   "显示姓名、地址、号码、参会人密码，以及出错时服务端的原话",
		"no colours, as with NO_COLOR in the environment":                                                    "不使用颜色，与环境变量 NO_COLOR 相同",
		"explain a command":           "显示命令的帮助",
		"log every attempt to stderr": "把每一次尝试记录到标准错误",
		"speak this `LANGUAGE`, en or zh, instead of that of LC_ALL, LC_MESSAGES or LANG": "使用的语言 `LANGUAGE`：en 或 zh；默认由 LC_ALL、LC_MESSAGES 或 LANG 决定",

		"the token would show on the terminal: pipe it in":                  "令牌会显示在终端上：请通过管道传入",
		"--token-file names a file with the token, or - for standard input": "--token-file 应为存有令牌的文件，或用 - 表示标准输入",
		"there is no token in %s":                                           "%s 中没有令牌",

		"unexpected argument %q":   "多余的参数 %q",
		"unknown command %q":       "未知的命令 %q",
		"unknown flag %s":          "未知的选项 %s",
		"--%s: bad value %q":       "--%s：无效的值 %q",
		"--%s: a value is missing": "--%s：缺少值",
		"did you mean %s?":         "是否想用 %s？",
		"%s explains the command":  "用 %s 查看命令说明",
		"usage: %s":                "用法：%s",

		"%[1]s asks no service: it has no use for --%[2]s": "%[1]s 不访问任何服务：--%[2]s 对它没有用处",
		"%s COMMAND [flags]":      "%s 命令 [选项]",
		"%s [flags]":              "%s [选项]",
		"Usage: %s":               "用法：%s",
		"Examples:":               "示例：",
		"Commands:":               "命令：",
		"Flags:":                  "选项：",
		"Flags of every command:": "所有命令共有的选项：",
		"%s (default %s)":         "%s（默认 %s）",

		"print what makes a shell complete commands and flags":  "输出一段脚本，让 shell 能够补全命令和选项",
		"in this shell; bash needs its package bash-completion": "只在当前 shell 中生效；bash 需要 bash-completion 软件包",
		"in every zsh from now on":                              "今后在每个 zsh 中生效",
		"in every fish from now on":                             "今后在每个 fish 中生效",
		"which shell?":                                          "哪一种 shell？",
		"unknown shell %q":                                      "未知的 shell %q",
	})
}
