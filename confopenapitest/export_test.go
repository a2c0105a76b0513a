package confopenapitest

// Constructors of rare faults, for tests that need another size or time than Faults has.
var (
	GzipBomb    = gzipBomb
	Huge        = huge
	SlowHeaders = slowHeaders
)
