package integration_test

const proxiesChild = "INTEGRATION_PROXIES"

func serveProxies() {}
