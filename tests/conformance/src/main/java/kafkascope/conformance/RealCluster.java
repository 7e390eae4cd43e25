package kafkascope.conformance;

import kafka.server.BrokerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.SharedServer;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

import scala.Option;

/** Three brokers and three controllers of Apache Kafka in this JVM, with all settings as they come but for what a small machine needs. */
final class RealCluster implements AutoCloseable {
    private static final int BROKERS = 3;
    /** Controllers have the ids 101, 102 and 103, for ids are not to be shared with brokers. */
    private static final int FIRST_CONTROLLER = 101;
    private static final String CLUSTER_ID = "a2Fma2FzY29wZS1jbHVzdA";

    private final Path work = Files.createTempDirectory("kafkascope-cluster");
    private final Map<Integer, Integer> ports = new TreeMap<>();
    private final Map<Integer, KafkaRaftServer> brokers = new TreeMap<>();
    private final List<KafkaRaftServer> controllers = new ArrayList<>();

    RealCluster() throws Exception {
        for (int id = 1; id <= BROKERS; id++) {
            ports.put(id, freePort());
            ports.put(FIRST_CONTROLLER + id - 1, freePort());
        }
        for (int id : ports.keySet()) {
            format(id);
        }
        for (int id : ports.keySet()) {
            if (id >= FIRST_CONTROLLER) {
                controllers.add(server(id));
            }
        }
        // A controller waits at its start until the quorum has a leader.
        List<Thread> starting = controllers.stream().map(controller -> new Thread(controller::startup)).toList();
        starting.forEach(Thread::start);
        for (Thread thread : starting) {
            thread.join();
        }
        for (int id = 1; id <= BROKERS; id++) {
            start(id);
        }
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private Path dir(int id) {
        return work.resolve("node-" + id);
    }

    private void format(int id) throws Exception {
        String dir = Files.createDirectories(dir(id)).toString();
        new Formatter().setPrintStream(new PrintStream(OutputStream.nullOutputStream())).setNodeId(id).setClusterId(CLUSTER_ID)
            .setDirectories(List.of(dir)).setMetadataLogDirectory(dir).setControllerListenerName("CONTROLLER")
            // The lab's controllers keep no eligible leader replicas yet.
            .setFeatureLevel("eligible.leader.replicas.version", (short) 0).run();
    }

    private KafkaRaftServer server(int id) {
        Properties config = new Properties();
        boolean controller = id >= FIRST_CONTROLLER;
        config.put("process.roles", controller ? "controller" : "broker");
        config.put("node.id", "" + id);
        config.put("controller.quorum.voters", ports.entrySet().stream().filter(it -> it.getKey() >= FIRST_CONTROLLER)
            .map(it -> it.getKey() + "@localhost:" + it.getValue()).collect(Collectors.joining(",")));
        config.put("listeners", (controller ? "CONTROLLER" : "PLAINTEXT") + "://localhost:" + ports.get(id));
        config.put("controller.listener.names", "CONTROLLER");
        config.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        config.put("log.dirs", dir(id).toString());
        // A dead broker is noticed sooner, and memory is kept for other things than caches.
        config.put("broker.session.timeout.ms", "4000");
        config.put("broker.heartbeat.interval.ms", "400");
        config.put("log.cleaner.dedupe.buffer.size", "2000000");
        config.put("num.io.threads", "2");
        config.put("num.network.threads", "1");
        config.put("background.threads", "2");
        // Leaders move when a script says so.
        config.put("auto.leader.rebalance.enable", "false");
        return new KafkaRaftServer(KafkaConfig.fromProps(config), Time.SYSTEM);
    }

    void start(int id) throws Exception {
        KafkaRaftServer server = server(id);
        server.startup();
        brokers.put(id, server);
        settle();
    }

    /** Ends a broker; without grace it takes no leave of the controller, which finds out when the session is over. */
    void stop(int id, boolean graceful) throws Exception {
        KafkaRaftServer server = brokers.remove(id);
        if (!graceful) {
            Field enabled = KafkaConfig.class.getDeclaredField("controlledShutdownEnable");
            enabled.setAccessible(true);
            enabled.set(broker(server).config(), false);
        }
        server.shutdown();
        server.awaitShutdown();
    }

    /** Where the tools connect. */
    String bootstrap() {
        return brokers.keySet().stream().map(id -> "localhost:" + ports.get(id)).findFirst().orElse("localhost:1");
    }

    Admin admin() {
        return Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap()));
    }

    private static Object field(KafkaRaftServer server, String name) throws Exception {
        Field field = KafkaRaftServer.class.getDeclaredField(name);
        field.setAccessible(true);
        return field.get(server);
    }

    private static BrokerServer broker(KafkaRaftServer server) throws Exception {
        return (BrokerServer) ((Option<?>) field(server, "broker")).get();
    }

    /** Waits until every broker knows what the controllers have decided by now. */
    void settle() throws Exception {
        long committed = 0;
        for (KafkaRaftServer controller : controllers) {
            SharedServer shared = (SharedServer) field(controller, "sharedServer");
            committed = Math.max(committed, shared.raftManager().client().highWatermark().orElse(0));
        }
        long offset = committed - 1;
        await("brokers that know the metadata up to " + offset, () -> {
            for (KafkaRaftServer server : brokers.values()) {
                if (broker(server).metadataCache().currentImage().offset() < offset) {
                    return false;
                }
            }
            return true;
        });
    }

    static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("still waiting for " + what);
            }
            Thread.sleep(50);
        }
    }

    /** Waits for what a script names: {@code leader(t-0) == 2 && isr(t-0).len == 3 && alive(1)}. */
    void awaitPredicate(String predicate) throws Exception {
        try (Admin admin = admin()) {
            await(predicate, () -> {
                for (String part : predicate.split("&&")) {
                    if (!holds(admin, part.trim())) {
                        return false;
                    }
                }
                return true;
            });
        }
        settle();
    }

    private static boolean holds(Admin admin, String part) throws Exception {
        if (part.startsWith("alive(")) {
            int id = Integer.parseInt(part.substring(6, part.indexOf(')')));
            return admin.describeCluster().nodes().get().stream().anyMatch(node -> node.id() == id);
        }
        String name = part.substring(0, part.indexOf('('));
        String partition = part.substring(part.indexOf('(') + 1, part.indexOf(')'));
        int dash = partition.lastIndexOf('-');
        TopicDescription topic = admin.describeTopics(List.of(partition.substring(0, dash))).allTopicNames().get()
            .get(partition.substring(0, dash));
        TopicPartitionInfo info = topic.partitions().get(Integer.parseInt(partition.substring(dash + 1)));
        String wanted = part.substring(part.indexOf("==") + 2).trim();
        String found = switch (name) {
            case "leader" -> info.leader() == null ? "none" : "" + info.leader().id();
            case "isr" -> part.contains(").len ") ? "" + info.isr().size()
                : info.isr().stream().map(node -> "" + node.id()).collect(Collectors.joining(", ", "[", "]"));
            case "replicas" -> info.replicas().stream().map(node -> "" + node.id()).collect(Collectors.joining(", ", "[", "]"));
            default -> throw new IllegalArgumentException("no script may wait for " + part);
        };
        return found.equals(wanted);
    }

    /** As if nothing had happened: all brokers there, no topic, no setting. */
    void reset() throws Exception {
        for (int id = 1; id <= BROKERS; id++) {
            if (!brokers.containsKey(id)) {
                start(id);
            }
        }
        try (Admin admin = admin()) {
            await("all brokers", () -> admin.describeCluster().nodes().get().size() == BROKERS);
            Set<String> topics = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
            List<ConfigResource> resources = new ArrayList<>();
            // A broker that starts later and reads all of this again would give them to a new topic of the same name.
            topics.forEach(topic -> resources.add(new ConfigResource(ConfigResource.Type.TOPIC, topic)));
            for (String id : List.of("1", "2", "3", "")) {
                resources.add(new ConfigResource(ConfigResource.Type.BROKER, id));
            }
            for (ConfigResource resource : resources) {
                List<AlterConfigOp> undo = new ArrayList<>();
                for (ConfigEntry entry : admin.describeConfigs(List.of(resource)).all().get().get(resource).entries()) {
                    if (entry.source() == ownSource(resource)) {
                        undo.add(new AlterConfigOp(entry, AlterConfigOp.OpType.DELETE));
                    }
                }
                if (!undo.isEmpty()) {
                    admin.incrementalAlterConfigs(Map.of(resource, undo)).all().get();
                }
            }
            admin.deleteTopics(topics).all().get();
            await("no topic", () -> admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get().isEmpty());
        }
        settle();
    }

    private static ConfigEntry.ConfigSource ownSource(ConfigResource resource) {
        if (resource.type() == ConfigResource.Type.TOPIC) {
            return ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG;
        }
        return resource.name().isEmpty() ? ConfigEntry.ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG
            : ConfigEntry.ConfigSource.DYNAMIC_BROKER_CONFIG;
    }

    @Override
    public void close() throws Exception {
        for (KafkaRaftServer broker : brokers.values()) {
            broker.shutdown();
        }
        for (KafkaRaftServer controller : controllers) {
            controller.shutdown();
        }
        Expectations.deleteTree(work);
    }
}
