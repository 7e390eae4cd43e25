package kafkascope.conformance;

import org.apache.kafka.common.utils.Exit;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** Kafka's own command line tools, called in this JVM, with their words caught. */
final class RealTool {
    private static final Map<String, String> CLASSES = Map.ofEntries(
        Map.entry("kafka-topics", "org.apache.kafka.tools.TopicCommand"),
        Map.entry("kafka-console-producer", "org.apache.kafka.tools.ConsoleProducer"),
        Map.entry("kafka-console-consumer", "org.apache.kafka.tools.consumer.ConsoleConsumer"),
        Map.entry("kafka-get-offsets", "org.apache.kafka.tools.GetOffsetShell"),
        Map.entry("kafka-delete-records", "org.apache.kafka.tools.DeleteRecordsCommand"),
        Map.entry("kafka-configs", "kafka.admin.ConfigCommand"),
        Map.entry("kafka-log-dirs", "org.apache.kafka.tools.LogDirsCommand"),
        Map.entry("kafka-leader-election", "org.apache.kafka.tools.LeaderElectionCommand"),
        Map.entry("kafka-reassign-partitions", "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"),
        Map.entry("kafka-metadata-quorum", "org.apache.kafka.tools.MetadataQuorumCommand"));

    /** Flags that are followed by a file, which a script gives behind its line. */
    private static final Set<String> FILES = Set.of("--offset-json-file", "--path-to-json-file", "--reassignment-json-file",
        "--topics-to-move-json-file");

    private static final List<Runnable> HOOKS = new CopyOnWriteArrayList<>();

    /** What a tool runs into that wants to end the JVM. Some catch it, and tell of it: that is behind all that they had to say. */
    private static final class Exited extends RuntimeException {
        private static final String MARK = "(the tool has ended)";

        private Exited() {
            super(MARK, null, false, false);
        }
    }

    private RealTool() {
    }

    static void takeOver() {
        Exit.setExitProcedure((code, message) -> {
            if (message != null) {
                System.err.println(message);
            }
            throw new Exited();
        });
        Exit.setShutdownHookAdder((name, runnable) -> {
            if (name.equals("producer-shutdown-hook")) {
                HOOKS.add(runnable);
            }
        });
    }

    /** All that a tool says, on both streams; {@code words} are its name and its arguments, {@code input} what it reads. */
    static String call(List<String> words, String input, String bootstrap) throws Exception {
        Class<?> tool = Class.forName(CLASSES.get(words.get(0)));
        List<String> arguments = new ArrayList<>(words.subList(1, words.size()));
        for (int i = 1; i < arguments.size(); i++) {
            if (FILES.contains(arguments.get(i - 1)) && arguments.get(i).equals("-")) {
                Path file = Files.createTempFile("kafkascope", ".json");
                Files.writeString(file, input);
                arguments.set(i, file.toString());
            }
        }
        arguments.add("--bootstrap-server");
        arguments.add(bootstrap);
        PrintStream out = System.out;
        PrintStream err = System.err;
        InputStream in = System.in;
        ByteArrayOutputStream caught = new ByteArrayOutputStream();
        PrintStream both = new PrintStream(caught, true, StandardCharsets.UTF_8);
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        System.setOut(both);
        System.setErr(both);
        try {
            tool.getMethod("main", String[].class).invoke(null, (Object) arguments.toArray(String[]::new));
        } catch (InvocationTargetException exception) {
            if (!(exception.getCause() instanceof Exited)) {
                both.println("Exception in thread \"main\" " + exception.getCause());
            }
        } finally {
            HOOKS.forEach(Runnable::run);
            HOOKS.clear();
            both.flush();
            System.setIn(in);
            System.setOut(out);
            System.setErr(err);
        }
        String text = caught.toString(StandardCharsets.UTF_8);
        int end = text.indexOf(Exited.MARK);
        text = end < 0 ? text : text.substring(0, end);
        return text.isEmpty() || text.endsWith("\n") ? text : text + "\n";
    }
}
