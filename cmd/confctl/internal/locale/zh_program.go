package locale

// The sentences of package program.
func init() {
	translate(map[string]string{
		"hint: %s":           "提示：%s",
		"writing the result": "写入结果",
		"is the disk full, or has the reader of the pipe ended?": "磁盘是否已满？管道的读取方是否已退出？",
		"%s is set, but %s is not":                               "已设置 %s，但没有设置 %s",
		"set %[1]s too, or unset %[2]s to use the embedded fake": "请同时设置 %[1]s，或取消设置 %[2]s 以使用内置的模拟服务",
		"the embedded fake needs a port on loopback":             "内置的模拟服务需要占用本机回环地址上的一个端口",

		"set %s to an address such as https://conf.example.com or https://conf.example.com/prefix": "请把 %s 设为地址，例如 https://conf.example.com 或 https://conf.example.com/prefix",
		"set %s to the token only, without quotes, spaces and line breaks":                         "请把 %s 设为令牌本身，不要带引号、空格和换行",
		"--admin is a positive number":               "--admin 应为正整数",
		"--interval is a duration such as 30s or 5m": "--interval 应为一段时长，例如 30s 或 5m",
		"-h lists the flags":                         "用 -h 可查看各个选项",

		"it was interrupted": "已被中断",
		"the service refused the token: put a new one into %s":                                                                          "服务端拒绝了该令牌：请获取新令牌并写入 %s",
		"the token is valid, but not for this list: check --admin and the token's permissions":                                          "令牌有效，但无权查看这个列表：请检查 --admin 和令牌的权限",
		"too many requests: try again in %s":                                                                                            "请求过多：请在 %s 后重试",
		"too many requests: try again later":                                                                                            "请求过多：请稍后重试",
		"the service has a problem: try later; if there is a request id, give it to the operators":                                      "服务出现故障：请稍后重试；如有请求 ID，请提供给服务运营方",
		"redirects are not followed, because they would pass the token on: set %s to the final address":                                 "不会跟随重定向，以免泄露令牌：请把 %s 设为最终地址",
		"the response does not seem to come from the service: check %s and its path":                                                    "响应似乎不是来自该服务：请检查 %s 及其路径",
		"the list changes too fast, or the service pages in an unusual way: try again; docs/consistency.md explains what can be proven": "列表变化太快，或者服务端的分页方式异常：请重试；docs/consistency.md 说明了能够证明什么",
		"the response is larger than the client accepts: request smaller pages":                                                         "响应超出客户端的上限：请减少每页条数",
		"-v shows each attempt":                                                             "用 -v 可查看每一次尝试",
		"--with-personal-data shows the service's message":                                  "用 --with-personal-data 可查看服务端返回的信息",
		"the service sent no message":                                                       "服务端没有返回说明",
		"the service's message is %q":                                                       "服务端返回的信息是 %q",
		"there is no such service at %s: check its path":                                    "%s 处没有这个服务：请检查路径",
		"the service does not accept the request":                                           "服务端不接受该请求",
		"the server's certificate is not trusted: check %s and this machine's certificates": "服务端的证书不受信任：请检查 %s 以及本机的证书",
		"the service is slow or unreachable: try later; -v shows each attempt":              "服务响应缓慢或无法访问：请稍后重试，用 -v 可查看每一次尝试",
		"check %s, the network and HTTPS_PROXY; -v shows each attempt":                      "请检查 %s、网络和 HTTPS_PROXY；用 -v 可查看每一次尝试",
	})
}
