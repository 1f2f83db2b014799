#!/bin/bash
# Makes Gatehound's topics if they are missing. Run by the service "topics"; with
# BOOTSTRAP=host:port and Kafka's scripts in KAFKA_BIN it serves any cluster.
set -eu
bin=${KAFKA_BIN:-/opt/kafka/bin}
bootstrap=${BOOTSTRAP:-kafka:19092}

# topic NAME PARTITIONS RETENTION_MS: messages to 4 MiB, since a log line of
# 1 MiB grows by its escapes in Filebeat's envelope.
topic() {
	"$bin/kafka-topics.sh" --bootstrap-server "$bootstrap" --create --if-not-exists \
		--topic "$1" --partitions "$2" --replication-factor "${REPLICATION:-1}" \
		--config retention.ms="$3" --config max.message.bytes=4194304
}

topic gateway-logs 6 259200000            # 3 days
topic gateway-logs-rejected 1 1209600000  # 14 days: redacted, so that it may be kept longer
