package clickhouse

const childEnv = "GATEHOUND_TEST_CHILD"

func child(string) {}
