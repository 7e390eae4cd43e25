package kafkascope.conformance;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.properties.MetaPropertiesVersion;
import org.apache.kafka.metadata.properties.PropertiesUtils;
import org.apache.kafka.storage.internals.checkpoint.CleanShutdownFileHandler;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogCleanerManager;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.PreCleanStats;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * One folder of {@code log.dirs}: Kafka's own logs in it, and the files that a broker keeps beside them. It does for them,
 * on one thread and by a clock that is moved by hand, what LogManager, LogCleaner and ReplicaManager do in the background.
 */
final class LogDir {
    static final String CLUSTER_ID = "kafkascope-conformance";
    static final int NODE_ID = 1;

    private static final String RECOVERY_POINT = "recovery-point-offset-checkpoint";
    private static final String LOG_START_OFFSET = "log-start-offset-checkpoint";
    private static final String HIGH_WATERMARK = "replication-offset-checkpoint";

    final ManualTime time;
    private final File dir;
    private final boolean cleanShutdown;
    private final LogDirFailureChannel failures = new LogDirFailureChannel(1);
    private final ConcurrentMap<TopicPartition, UnifiedLog> logs = new ConcurrentHashMap<>();

    /** Opens a folder as a starting broker does: by the mark of a clean shutdown, which it takes away. */
    LogDir(File dir, ManualTime time) throws Exception {
        this.dir = dir.getAbsoluteFile();
        this.time = time;
        CleanShutdownFileHandler mark = new CleanShutdownFileHandler(dir.getPath());
        cleanShutdown = mark.exists();
        mark.delete();
    }

    /** Opens a log, or begins one; its settings are Kafka's defaults but for {@code settings}. */
    UnifiedLog open(TopicPartition partition, Map<String, String> settings) throws IOException {
        return open(partition, settings, checkpointed(RECOVERY_POINT, partition));
    }

    /** The same, without trusting that anything is on the platter. */
    UnifiedLog openFromTheStart(TopicPartition partition, Map<String, String> settings) throws IOException {
        return open(partition, settings, 0L);
    }

    private UnifiedLog open(TopicPartition partition, Map<String, String> settings, long recoveryPoint) throws IOException {
        UnifiedLog log = UnifiedLog.create(new File(dir, partition.toString()), new LogConfig(settings),
            checkpointed(LOG_START_OFFSET, partition), recoveryPoint, time, new BrokerTopicStats(), time,
            5 * 60 * 1000, new ProducerStateManagerConfig(86_400_000, false), 600_000, failures, cleanShutdown,
            Optional.of(topicId(partition.topic())));
        log.updateHighWatermark(checkpointed(HIGH_WATERMARK, partition));
        logs.put(partition, log);
        return log;
    }

    /** An id that goes with the name, so that it is the same on every run. */
    static Uuid topicId(String topic) {
        return new Uuid(0x6b61666b6173636fL, 0x7065000000000000L | (topic.hashCode() & 0xffffffffL));
    }

    /** One round of the log cleaner over one log, if it is due by the cleaner's own rules; says whether it was. */
    boolean clean(UnifiedLog log) throws Exception {
        ConcurrentMap<TopicPartition, UnifiedLog> only = new ConcurrentHashMap<>(Map.of(log.topicPartition(), log));
        LogCleanerManager choice = new LogCleanerManager(List.of(dir), only, failures);
        Optional<LogToClean> due = choice.grabFilthiestCompactedLog(time, new PreCleanStats());
        if (due.isEmpty()) {
            return false;
        }
        Cleaner cleaner = new Cleaner(0, new SkimpyOffsetMap(64 * 1024), 64 * 1024, 1024 * 1024, 0.9,
            new Throttler(Double.MAX_VALUE, 300, "cleaner-io", "bytes", time), time, partition -> { });
        long cleanedTo = cleaner.clean(due.get()).getKey();
        // The checkpoint lists all logs of the folder, hence another manager than the one that saw a single log.
        new LogCleanerManager(List.of(dir), logs, failures)
            .updateCheckpoints(dir, Optional.of(Map.entry(log.topicPartition(), cleanedTo)), Optional.empty());
        return true;
    }

    /** Closes all logs as a controlled shutdown does, and writes every file that a broker leaves beside them. */
    void shutDown() throws Exception {
        for (UnifiedLog log : logs.values()) {
            log.flush(true);
            log.close();
        }
        writeCheckpoints();
        new CleanShutdownFileHandler(dir.getPath()).write(7L);
    }

    /** The process dies: files are as large as their content (the file system has no other way to tell), no more is in order. */
    void crash() throws Exception {
        writeCheckpoints();
        for (UnifiedLog log : logs.values()) {
            log.closeHandlers();
        }
    }

    private void writeCheckpoints() throws IOException {
        Map<TopicPartition, Long> recoveryPoints = new TreeMap<>(BY_NAME);
        Map<TopicPartition, Long> startOffsets = new TreeMap<>(BY_NAME);
        Map<TopicPartition, Long> highWatermarks = new TreeMap<>(BY_NAME);
        logs.forEach((partition, log) -> {
            recoveryPoints.put(partition, log.recoveryPoint());
            highWatermarks.put(partition, log.highWatermark());
            if (log.logStartOffset() > log.logSegments().iterator().next().baseOffset()) {
                startOffsets.put(partition, log.logStartOffset());
            }
        });
        checkpoint(RECOVERY_POINT).write(recoveryPoints);
        checkpoint(LOG_START_OFFSET).write(startOffsets);
        checkpoint(HIGH_WATERMARK).write(highWatermarks);
        MetaProperties properties = new MetaProperties.Builder().setVersion(MetaPropertiesVersion.V1).setClusterId(CLUSTER_ID)
            .setNodeId(NODE_ID).setDirectoryId(new Uuid(0x6b61666b6173636fL, 0x70652d6c6f67732eL)).build();
        File file = new File(dir, MetaPropertiesEnsemble.META_PROPERTIES_NAME);
        PropertiesUtils.writePropertiesFile(properties.toProperties(), file.getPath(), true);
        // Java notes in the second line when it wrote the file. By our clock, that is the same on every run.
        List<String> lines = new ArrayList<>(Files.readAllLines(file.toPath()));
        lines.set(1, "#" + DateTimeFormatter.ofPattern("EEE MMM dd HH:mm:ss zzz yyyy", Locale.ROOT)
            .withZone(ZoneId.of("UTC")).format(Instant.ofEpochMilli(time.milliseconds())));
        Files.write(file.toPath(), lines);
    }

    private static final java.util.Comparator<TopicPartition> BY_NAME = java.util.Comparator.comparing(TopicPartition::toString);

    private OffsetCheckpointFile checkpoint(String name) throws IOException {
        return new OffsetCheckpointFile(new File(dir, name), failures);
    }

    private long checkpointed(String name, TopicPartition partition) throws IOException {
        return new File(dir, name).exists() ? checkpoint(name).read().getOrDefault(partition, 0L) : 0L;
    }
}
