package kafkascope.conformance;

import java.nio.file.Files;
import java.nio.file.Path;

/** {@code WriteFixtures DIR}: writes every fixture, and beside each what Kafka makes of it. */
public final class WriteFixtures {
    private WriteFixtures() {
    }

    public static void main(String[] arguments) throws Exception {
        Path root = Path.of(arguments[0]).toAbsolutePath();
        for (String name : Fixtures.ALL.keySet()) {
            Path folder = root.resolve(name);
            Path data = folder.resolve("data");
            Files.createDirectories(data);
            Fixture fixture = new Fixture(data.toFile());
            Fixtures.ALL.get(name).write(fixture);
            new Expectations(folder, fixture).write();
            System.out.println(name);
        }
        // Kafka leaves the locks and threads of its metrics behind.
        System.exit(0);
    }
}
