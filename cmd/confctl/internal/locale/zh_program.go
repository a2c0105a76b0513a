package locale

// The sentences of package program.
func init() {
	translate(map[string]string{
		"hint: %s":           "提示：%s",
		"writing the result": "写入结果",
		"is the disk full, or has the reader of the pipe ended?":           "磁盘是否已满？管道的读取方是否已退出？",
		"the directory must exist, and you must be allowed to write there": "目录必须存在，且您有权在其中写入",
		"the server does not speak https":                                  "服务端不支持 https",
		"there is no port after a colon":                                   "缺少冒号和端口",

		"%s is set, but %s is not":                               "已设置 %s，但没有设置 %s",
		"set %[1]s too, or unset %[2]s to use the embedded fake": "请同时设置 %[1]s，或取消设置 %[2]s 以使用内置的模拟服务器",
		"the embedded fake needs a port on loopback":             "内置的模拟服务器需要占用本机回环地址上的一个端口",

		"set %s to an address such as https://conf.example.com or https://conf.example.com/prefix": "请把 %s 设为地址，例如 https://conf.example.com 或 https://conf.example.com/prefix",
		"set %s to the token only, without quotes, spaces and line breaks":                         "应只含令牌本身，不要带引号、空格和换行：%s",
		"--admin is a positive number: the user id of an administrator":                            "--admin 应为正整数，即管理员的用户 ID",

		"-h lists the flags": "用 -h 可查看各个选项",

		"%s is not valid: %s":                                          "%s 无效：%s",
		"it has a blank or an invisible character inside":              "地址中间有空白或不可见字符",
		"it is no URL":                                                 "它不是一个 URL",
		"it must begin with https:// or http://":                       "地址须以 https:// 或 http:// 开头",
		"it has a user name or a password, which would end up in logs": "地址中有用户名或密码，会被写入日志",
		"it has no host":                                               "地址中没有主机名",
		"it has a query or fragment":                                   "地址中有查询参数或片段（? 或 # 之后的部分）",
		"it ends in the endpoint's own path: give what comes before /confopenapi":     "地址已包含接口自身的路径：只需给出 /confopenapi 之前的部分",
		"its port is not in 1 to 65535":                                               "端口不在 1 到 65535 之间",
		"plain http would show the token and personal data to the network: use https": "http 会把令牌和个人信息以明文发送到网络，请使用 https",

		"%s (%s)":                          "%s（%s）",
		", ":                               "，",
		".":                                "。",
		"at %s":                            "位置 %s",
		"business status %d":               "业务状态码 %d",
		"request id %s":                    "请求 ID %s",
		"%d attempts in %s":                "%[2]s 内尝试 %[1]d 次",
		"there is no host %s":              "找不到主机 %s",
		"the certificate is not trusted":   "证书不受信任",
		"the connection was refused":       "连接被拒绝",
		"the connection broke off":         "连接中断",
		"the network is unreachable":       "网络不可达",
		"the port is in use":               "端口已被占用",
		"it is no address of this machine": "不是本机的地址",

		"the service refused the token":                       "服务端拒绝了该令牌",
		"the token has no right to this list":                 "该令牌无权查看这个列表",
		"too many requests":                                   "请求过多",
		"the service has a problem":                           "服务端出现故障",
		"the service redirects to another address":            "服务端重定向到另一个地址",
		"the response is too large":                           "响应过大",
		"the list could not be proven to be complete":         "无法证明列表完整",
		"the service reports the status %d":                   "服务端返回业务状态码 %d",
		"the response is not what the documentation promises": "响应与文档不符",
		"the service refused the request":                     "服务端拒绝了该请求",
		"no response":                                         "没有收到响应",
		"the request is not valid":                            "请求无效",
		"there is no valid token":                             "没有可用的令牌",
		"it took too long":                                    "超时",
		"no such file or directory":                           "没有这个文件或目录",
		"no permission":                                       "没有权限",
		"the disk is full":                                    "磁盘已满",
		"the reader of the pipe has ended":                    "管道的读取方已退出",

		"put a new token into %s": "请获取新令牌并写入 %s",
		"the token is valid, but not for this list: check --admin and the token's permissions": "令牌有效，但无权查看这个列表：请检查 --admin 和令牌的权限",
		"try again in %s": "请在 %s 后重试",
		"try again later": "请稍后重试",
		"try later; if there is a request id, give it to the operators of the service":                  "请稍后重试；如有请求 ID，请提供给服务运营方",
		"redirects are not followed, because they would pass the token on: set %s to the final address": "不会跟随重定向，以免泄露令牌：请把 %s 设为最终地址",
		"the response does not seem to come from the service: check %s and its path":                    "响应似乎不是来自该服务：请检查 %s 及其路径",
		"the response is larger than the client accepts: request smaller pages":                         "响应超出客户端的上限：请减少每页条数",
		"-v shows each attempt":                                                             "用 -v 可查看每一次尝试",
		"--with-personal-data shows the service's message":                                  "用 --with-personal-data 可查看服务端返回的信息",
		"the service sent no message":                                                       "服务端没有返回说明",
		"the service's message is %q":                                                       "服务端返回的信息是 %q",
		"there is no such service at %s: check its path":                                    "%s 处没有这个服务：请检查路径",
		"the service does not accept the request":                                           "服务端不接受该请求",
		"the server's certificate is not trusted: check %s and this machine's certificates": "服务端的证书不受信任：请检查 %s 以及本机的证书",
		"the service is slow or unreachable: try later; -v shows each attempt":              "服务响应缓慢或无法访问：请稍后重试，用 -v 可查看每一次尝试",
		"check %s, the network and HTTPS_PROXY; -v shows each attempt":                      "请检查 %s、网络和 HTTPS_PROXY；用 -v 可查看每一次尝试",

		"try again; if it is so each time, confctl doctor says what to do": "请重试；如果每次都这样，可用 confctl doctor 查看该怎么做",

		"the list may have changed too fast: try again; if it is so each time, confctl doctor shows how the service pages": "列表可能变化太快，请重试；如果每次都这样，可用 confctl doctor 查看服务端的分页方式",

		"--require conditional accepts the condition": "使用 --require conditional 即可接受这个前提",

		"trying again does not help: confctl doctor shows how the service pages; confctl export -o list.csv --require incomplete writes what is listed all the same": "重试没有用：可用 confctl doctor 查看服务端的分页方式；如果仍需要已列出的会议，可用 confctl export -o list.csv --require incomplete 写入文件",
	})
}
