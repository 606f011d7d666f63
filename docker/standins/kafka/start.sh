# KAFKA_NODE_ID=1 becomes node.id=1, as in the official image.
set -euo pipefail
compgen -A variable KAFKA_ | grep -v '^KAFKA_HEAP_OPTS$' | while read -r name; do
  property=${name#KAFKA_}
  property=${property,,}
  echo "${property//_/.}=${!name}"
done > /opt/kafka/config/server.properties
java=(java ${KAFKA_HEAP_OPTS:--Xmx1G} -cp '/opt/kafka/libs/*')
"${java[@]}" kafka.tools.StorageTool format --ignore-formatted \
  --cluster-id "${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}" --config /opt/kafka/config/server.properties
exec "${java[@]}" kafka.Kafka /opt/kafka/config/server.properties
