package locale

// The sentences of confctl web. Those of the page itself are in the page.
func init() {
	translate(map[string]string{
		"show the live conferences as a page, and to Prometheus": "以网页显示实时会议，并供 Prometheus 采集",
		"Show the live conferences as a page in the browser, until Ctrl-C; the exit code is then 0. One poller feeds all pages, GET /api/v1/live, and GET /metrics for Prometheus.":                                                                                                                                          "在浏览器中以网页显示实时会议，直到按下 Ctrl-C，此时退出码为 0。所有网页、GET /api/v1/live 以及供 Prometheus 采集的 GET /metrics 共用一个轮询。",
		"Other machines get the page only with --password-file, and over TLS: with --tls-cert and --tls-key, or behind a proxy at --public-url that sets X-Forwarded-Proto. A browser asks for a user name and the password: any user name will do. Programs send the password in a header: Authorization: Bearer PASSWORD.": "其他机器要访问网页，必须设置 --password-file 并使用 TLS：用 --tls-cert 和 --tls-key，或由 --public-url 处的代理提供，代理须设置 X-Forwarded-Proto。浏览器会询问用户名和密码，用户名任意。程序在请求头中发送密码：Authorization: Bearer 密码。",

		"on this machine":                "只供本机使用",
		"for other machines, over TLS":   "通过 TLS 供其他机器使用",
		"behind a proxy on this machine": "置于本机的代理之后",
		"a list older than this `DURATION` is stale; 0 means 4 intervals, but at least 30s": "在 `DURATION` 内没有一次列举的结论是完整或有条件时，列表视为过期；0 表示 4 个轮询间隔，但至少 30s",
		"serve over TLS with the certificate in this `FILE`":                                "用 `FILE` 中的证书通过 TLS 提供网页",
		"the key of --tls-cert, in this `FILE`":                                             "--tls-cert 的私钥，在 `FILE` 中",
		"the https `URL` at which a proxy shows the page":                                   "代理对外提供网页的 https `URL`",
		"`N` pages follow the list at most":                                                 "最多 `N` 个网页同时跟踪列表",
		"`N` data centres have labels of their own in /metrics, all others are \"other\"":   "/metrics 中至多 `N` 个数据中心有自己的标签，其余归为 \"other\"",

		"ask for the password in this `FILE`, of 12 characters or more; nobody but its owner may read the file (chmod 600)": "要求输入 `FILE` 中的密码，密码至少 12 个字符；文件只能由所有者读取（chmod 600）",

		"give both --tls-cert and --tls-key, or neither":                                     "请同时给出 --tls-cert 和 --tls-key，或都不给",
		"a certificate and its key belong together":                                          "证书与私钥必须成对给出",
		"--tls-cert and --tls-key are PEM files that belong together":                        "--tls-cert 和 --tls-key 应为相互匹配的 PEM 文件",
		"add --password-file, or listen at 127.0.0.1 only":                                   "请加上 --password-file，或只在 127.0.0.1 上监听",
		"add --password-file: --public-url shows the page to others":                         "请加上 --password-file：--public-url 会把网页开放给其他人",
		"other machines could read the list without a password":                              "其他机器不用密码就能读取列表",
		"add --tls-cert and --tls-key, or --public-url if a proxy does that":                 "请加上 --tls-cert 和 --tls-key；如由代理负责 TLS，请加上 --public-url",
		"the password would go over the network in plain text":                               "密码会以明文在网络上传输",
		"--password-file is a file with the password only":                                   "--password-file 应为只含密码的文件",
		"use 12 characters or more":                                                          "请使用至少 12 个字符",
		"the password in %s is too short":                                                    "%s 中的密码太短",
		"show what conffleet lists, a program of its own that lists for many administrators": "显示 conffleet 列举的会议（另一个程序，为多位管理员列举）",
		"show what the program conffleet lists; NATS, the message server that it uses, is at this `URL` or at the URL in this file, which conffleet writes; --interval is then that of conffleet, 1m by default": "显示另一个程序 conffleet 列举的会议；`URL` 是它所用的消息服务器 NATS 的地址，也可以是由 conffleet 写入、含有该地址的文件；此时 --interval 应与 conffleet 的相同，默认 1m",
		"the credentials for NATS, in this `FILE`":                                                        "NATS 的凭据，在 `FILE` 中",
		"--nats-creds is only for --nats":                                                                 "--nats-creds 只能与 --nats 一起使用",
		"--nats shows a fleet: --%s cannot be used":                                                       "--nats 显示 conffleet 列举的会议，不能使用 --%s",
		"--nats is a URL such as nats://nats.example.com, or a file with one, such as conffleet-data/url": "--nats 应为 nats://nats.example.com 这样的 URL，或含有 URL 的文件，例如 conffleet-data/url",
		"does NATS run there, and are --nats and --nats-creds right?":                                     "NATS 在那里运行吗？--nats 和 --nats-creds 是否正确？",
		"the address of NATS does not parse":                                                              "无法解析 NATS 的地址",
		"this confctl cannot read a record of the fleet (%s)":                                             "此版本的 confctl 无法读取 conffleet 的记录（%s）",
		"NATS refused the user, the password or the token":                                                "NATS 拒绝了用户、密码或令牌",
		"NATS does not respond":                                                                           "NATS 没有响应",
		"NATS has no fleet: conffleet run makes it":                                                       "NATS 中没有 conffleet 的数据，运行 conffleet run 后才有",
		"The list is stale: no listing was proven for %s.":                                                "列表已过期：%s 内未能证明列表没有遗漏。",
		"The history is written again.":                                                                   "历史记录已恢复写入。",
		"Polls succeed again.":                                                                            "轮询已恢复正常。",
		"Others open it at %s.":                                                                           "其他人打开 %s。",
		"Other machines open %s; NAME is a name or an IP address in the certificate.":                     "其他机器打开 %s，其中 NAME 是证书中的主机名或 IP 地址。",
		"The page is at %s until Ctrl-C.":                                                                 "网页位于 %s，按 Ctrl-C 结束。",

		"The certificate and its key are PEM files, which begin with -----BEGIN. The certificate has the name or the IP address by which browsers open the page, and behind it the certificates of its issuers. On the Internet an authority such as Let's Encrypt issues it; in an inner network, those who run it do, or you issue it yourself with openssl, and browsers warn until that certificate is installed on their machines.": "证书和私钥是 PEM 文件，以 -----BEGIN 开头。证书中的名称应为浏览器打开网页所用的主机名或 IP 地址，文件中证书之后是各级签发者的证书。公网上的证书由 Let's Encrypt 等机构签发；内网中可由内网的管理者签发，也可以用 openssl 自行签发，此时须把该证书安装到浏览器所在的机器上，否则浏览器会发出警告。",

		"%s is not a certificate, or %s is not its key: are the two files swapped?": "%s 不是证书，或 %s 不是它的私钥：这两个文件是否给反了？",

		"a certificate of your own, for a trial or an inner network: in place of example.com and 192.0.2.10 write the name and the IP address of this machine": "自行签发证书，用于试用或内网：请把 example.com 和 192.0.2.10 换成本机的主机名和 IP 地址",

		"--public-url is a whole address with https://, not %q": "--public-url 应为以 https:// 开头的完整地址，而不是 %q",

		"%s did not complete the TLS handshake: perhaps it does not trust the certificate, or uses http instead of https. Later ones are not shown.": "%s 没有完成 TLS 握手：可能不信任证书，或用了 http 而不是 https。之后的同类情况不再显示。",
	})
}
