package kafkascope.conformance;

import org.apache.kafka.tools.DumpLogSegments;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Kafka's own DumpLogSegments, its words caught instead of printed. */
final class DumpLogs {
    private static final List<String> SUFFIXES = List.of(".log", ".index", ".timeindex", ".txnindex", ".snapshot");

    private DumpLogs() {
    }

    /** What it says of one file below {@code root}, both streams together; an exception that ends it is its last line. */
    static String dump(Path root, Path file, String... flags) {
        List<String> arguments = new ArrayList<>(List.of(flags));
        arguments.add("--files");
        arguments.add(file.toString());
        ByteArrayOutputStream caught = new ByteArrayOutputStream();
        PrintStream out = System.out;
        PrintStream err = System.err;
        PrintStream both = new PrintStream(caught, true, StandardCharsets.UTF_8);
        System.setOut(both);
        System.setErr(both);
        try {
            DumpLogSegments.main(arguments.toArray(String[]::new));
        } catch (Exception exception) {
            both.println("! " + exception.getClass().getSimpleName());
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        return caught.toString(StandardCharsets.UTF_8).replace(root + "/", "");
    }

    /** The files that it can read, by name. */
    static List<Path> filesBelow(Path root) {
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.filter(path -> SUFFIXES.stream().anyMatch(path.toString()::endsWith)).sorted().toList();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
