package kafkascope.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesVersion;
import org.apache.kafka.metadata.properties.PropertiesUtils;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.storage.internals.checkpoint.PartitionMetadataFile;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.UnifiedLog;

import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * {@code ServeExport DIR OUT [DIR OUT …]}: starts a real broker on (a copy of) each folder of {@code log.dirs}, reads every
 * partition with a real consumer under both isolation levels, and writes what it got to OUT, a JSON object a line; last, what
 * each consumer group has committed.
 *
 * <p>The broker is its own controller. Its cluster knows nothing but what stands in the folder: for each log there, the
 * topic with the id of its {@code partition.metadata}, and the partition with this broker as its only replica, in sync, and
 * in want of a leader, as after a shutdown. These records are the bootstrap metadata of the cluster.
 */
public final class ServeExport {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path logDir;
    private final Path metadataDir;
    private final MetaProperties identity;
    private final Map<TopicPartition, Path> logs = new TreeMap<>(java.util.Comparator.comparing(TopicPartition::toString));

    private ServeExport(Path export) throws IOException {
        Path work = Files.createTempDirectory("kafkascope-serve");
        logDir = Files.createDirectory(work.resolve("logs"));
        metadataDir = Files.createDirectory(work.resolve("metadata"));
        Expectations.copyTree(export, logDir);
        identity = new MetaProperties.Builder(PropertiesUtils.readPropertiesFile(logDir.resolve("meta.properties").toString())).build();
        try (Stream<Path> folders = Files.list(logDir)) {
            for (Path folder : folders.filter(it -> Files.exists(it.resolve("partition.metadata"))).toList()) {
                if (folder.toString().endsWith("-delete")) {
                    continue; // A starting broker removes it.
                }
                logs.put(UnifiedLog.parseTopicPartitionName(folder.toFile()), folder);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            new ServeExport(Path.of(arguments[i])).serve(Path.of(arguments[i + 1]));
        }
        System.exit(0);
    }

    private void serve(Path out) throws Exception {
        bootstrap();
        int brokerPort = freePort();
        KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(config(brokerPort, freePort())), Time.SYSTEM);
        server.startup();
        try (PrintStream lines = new PrintStream(Files.newOutputStream(out), false, StandardCharsets.UTF_8)) {
            for (String isolation : List.of("read_uncommitted", "read_committed")) {
                consume(brokerPort, isolation, lines);
            }
            committedOffsets(brokerPort, lines);
        } finally {
            server.shutdown();
            server.awaitShutdown();
            Expectations.deleteTree(logDir.getParent());
        }
        System.out.println("served " + logs.size() + " partitions of broker " + identity.nodeId().getAsInt());
    }

    /** Writes what the controller begins with: its identity, and the records of the topics. */
    private void bootstrap() throws Exception {
        MetaProperties controller = new MetaProperties.Builder(identity).setVersion(MetaPropertiesVersion.V1)
            .setDirectoryId(Uuid.randomUuid()).build();
        PropertiesUtils.writePropertiesFile(controller.toProperties(), metadataDir.resolve("meta.properties").toString(), true);
        List<ApiMessageAndVersion> records = new ArrayList<>();
        records.add(new ApiMessageAndVersion(new FeatureLevelRecord().setName(MetadataVersion.FEATURE_NAME)
            .setFeatureLevel(MetadataVersion.latestProduction().featureLevel()), (short) 0));
        Set<String> topics = new HashSet<>();
        for (Map.Entry<TopicPartition, Path> log : logs.entrySet()) {
            String topic = log.getKey().topic();
            Uuid id = new PartitionMetadataFile(PartitionMetadataFile.newFile(log.getValue().toFile()), new LogDirFailureChannel(1))
                .read().topicId();
            int node = identity.nodeId().getAsInt();
            if (topics.add(topic)) {
                records.add(new ApiMessageAndVersion(new TopicRecord().setName(topic).setTopicId(id), (short) 0));
                // The controller knows no topic without a partition 0. One that lies elsewhere is on a broker that is down.
                for (int absent = 0; absent < log.getKey().partition(); absent++) {
                    records.add(new ApiMessageAndVersion(new PartitionRecord().setTopicId(id).setPartitionId(absent)
                        .setReplicas(List.of(node + 1)).setIsr(List.of(node + 1)).setDirectories(List.of(Uuid.randomUuid()))
                        .setLeader(-1).setLeaderEpoch(0).setPartitionEpoch(0), (short) 1));
                }
            }
            records.add(new ApiMessageAndVersion(new PartitionRecord().setTopicId(id).setPartitionId(log.getKey().partition())
                .setReplicas(List.of(node)).setIsr(List.of(node)).setDirectories(List.of(identity.directoryId().get()))
                .setLeader(-1).setLeaderEpoch(lastEpoch(log.getValue())).setPartitionEpoch(0), (short) 1));
        }
        new BootstrapDirectory(metadataDir.toString()).writeBinaryFile(BootstrapMetadata.fromRecords(records, "the exported logs"));
    }

    /** The last term in a log's checkpoint: the election to come begins the next one. */
    private static int lastEpoch(Path log) throws IOException {
        Path checkpoint = log.resolve("leader-epoch-checkpoint");
        if (!Files.exists(checkpoint)) {
            return 0;
        }
        List<String> lines = Files.readAllLines(checkpoint);
        return lines.size() <= 2 ? 0 : Integer.parseInt(lines.get(lines.size() - 1).split(" ")[0]);
    }

    private Properties config(int brokerPort, int controllerPort) {
        Properties config = new Properties();
        int node = identity.nodeId().getAsInt();
        config.put("process.roles", "broker,controller");
        config.put("node.id", "" + node);
        config.put("controller.quorum.voters", node + "@localhost:" + controllerPort);
        config.put("listeners", "PLAINTEXT://localhost:" + brokerPort + ",CONTROLLER://localhost:" + controllerPort);
        config.put("controller.listener.names", "CONTROLLER");
        config.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        config.put("log.dirs", logDir.toString());
        config.put("metadata.log.dir", metadataDir.toString());
        config.put("offsets.topic.replication.factor", "1");
        // What was exported is to be read, not to be cleaned away.
        config.put("log.retention.ms", "-1");
        config.put("log.cleaner.enable", "false");
        config.put("offsets.retention.minutes", "" + Integer.MAX_VALUE);
        config.put("controlled.shutdown.enable", "false");
        return config;
    }

    private void consume(int port, String isolation, PrintStream lines) throws Exception {
        Map<String, Object> config = Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:" + port,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation, ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none",
            ConsumerConfig.CHECK_CRCS_CONFIG, true);
        try (KafkaConsumer<byte[], byte[]> consumer =
                 new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            Map<TopicPartition, Long> starts = consumer.beginningOffsets(logs.keySet());
            Map<TopicPartition, Long> ends = consumer.endOffsets(logs.keySet());
            for (TopicPartition partition : logs.keySet()) {
                long start = starts.get(partition);
                long end = ends.get(partition);
                lines.println(JSON.writeValueAsString(JSON.createObjectNode().put("log", partition.toString())
                    .put("isolation", isolation).put("start", start).put("end", end)));
                consumer.assign(List.of(partition));
                consumer.seek(partition, start);
                long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
                while (consumer.position(partition) < end) {
                    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                        lines.println(JSON.writeValueAsString(json(record)));
                    }
                    if (System.nanoTime() > deadline) {
                        throw new IllegalStateException(partition + " ends at " + end + ", but the consumer came only to "
                            + consumer.position(partition));
                    }
                }
            }
        }
    }

    /** What the group coordinator knows, once it has read {@code __consumer_offsets}. */
    private static void committedOffsets(int port, PrintStream lines) throws Exception {
        Map<String, Object> config = Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:" + port);
        try (Admin admin = Admin.create(config)) {
            TreeSet<String> groups = new TreeSet<>();
            admin.listGroups().all().get().forEach(group -> groups.add(group.groupId()));
            for (String group : groups) {
                ObjectNode node = JSON.createObjectNode().put("group", group);
                Map<String, Long> offsets = new TreeMap<>();
                admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get()
                    .forEach((partition, offset) -> offsets.put(partition.toString(), offset.offset()));
                ArrayNode committed = node.putArray("committed");
                offsets.forEach((partition, offset) -> committed.addArray().add(partition).add(offset));
                lines.println(JSON.writeValueAsString(node));
            }
        }
    }

    private static ObjectNode json(ConsumerRecord<byte[], byte[]> record) {
        ObjectNode node = JSON.createObjectNode();
        node.put("offset", record.offset()).put("timestamp", record.timestamp())
            .put("leaderEpoch", record.leaderEpoch().orElse(-1))
            .put("key", Expectations.bytes(record.key())).put("value", Expectations.bytes(record.value()));
        ArrayNode headers = node.putArray("headers");
        for (Header header : record.headers()) {
            headers.addArray().add(header.key()).add(Expectations.bytes(header.value()));
        }
        return node;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
