import FoundationEssentials
import Latency
import Postgres

/// What the database says of the images that a demo sent: the summary's counts, independent of what the roles report.
struct DemoVerdict {
    /// Images that the broker acknowledged.
    let acknowledged: Int
    /// Planned images that the broker never acknowledged.
    let undelivered: Int
    /// Rows of these images in each table.
    let imageRows: Int
    let inferenceRows: Int
    /// Acknowledged images without a row in `images`, or without one in `inferences` and in `dead_letters`.
    let lost: Int
    /// Rows beyond one for each image and model version.
    let doubled: Int
    /// Rows in `dead_letters` about these images.
    let deadLetters: Int
    /// Whether any picture carries a label.
    let isLabelled: Bool
    /// The answers to different pictures whose label is among the model's names.
    let answers: AnswerCount
    /// Model versions that answered.
    let modelVersions: [String]

    /// Asks the database.
    ///
    /// - Parameters:
    ///   - files: the producers' CSV files: they name the images that were acknowledged.
    ///   - names: the model's.
    init(files: [String], names: Set<String>, database: String) throws {
        let connection = try Connection(database, applicationName: "iotpipe demo")
        try connection.execute("CREATE TEMPORARY TABLE demo_images (id uuid PRIMARY KEY)")
        var undelivered = 0
        acknowledged = try connection.copyIn("COPY demo_images (id) FROM STDIN (FORMAT binary)") { writer in
            for file in files {
                try LatencyCSVReader(path: file).forEach { record in
                    if record.outcome == .undelivered { undelivered += 1 }
                    guard record.acked != nil else { return }
                    try writer.row()
                    writer.uuid(record.imageID)
                }
            }
        }
        self.undelivered = undelivered
        let counts = try connection.query(DemoVerdict.counts)[0]
        func count(_ column: Int) -> Int { Int(counts.int(column) ?? 0) }
        (imageRows, inferenceRows, deadLetters, lost, doubled) = (count(0), count(1), count(2), count(3), count(4))
        var answers = AnswerCount()
        let pictures = try connection.query(DemoVerdict.pictures)
        for row in pictures { answers.add(row[1], truth: row[0], names: names, count: Int(row.int(2) ?? 0)) }
        (isLabelled, self.answers) = (!pictures.isEmpty, answers)
        modelVersions = try connection.query(
            "SELECT DISTINCT model_version FROM inferences JOIN demo_images ON id = image_id ORDER BY 1"
        ).compactMap { $0[0] }
    }

    /// Right answers as the summary says them: a percentage means something only with many different pictures.
    var rightAnswers: String {
        guard isLabelled else { return "unknown: the images carry no labels" }
        guard answers.judged > 0 else { return "unknown: no label of the images is among the model's names" }
        let share = answers.judged >= 1_000 ? " (\(answers.percentage))" : ""
        return "\(answers.counts) distinct images\(share)"
    }

    private static let counts = """
        WITH i AS (SELECT id, count(*) AS images FROM images JOIN demo_images USING (id) GROUP BY id),
        n AS (
            SELECT d.id, count(*) AS inferences, count(DISTINCT model_version) AS versions
            FROM inferences JOIN demo_images d ON d.id = image_id GROUP BY d.id
        ),
        l AS (
            SELECT d.id, count(*) AS letters FROM dead_letters JOIN demo_images d ON d.id = image_id GROUP BY d.id
        ),
        stored AS (
            SELECT coalesce(images, 0) AS images, coalesce(inferences, 0) AS inferences,
                   coalesce(versions, 0) AS versions, coalesce(letters, 0) AS letters
            FROM demo_images LEFT JOIN i USING (id) LEFT JOIN n USING (id) LEFT JOIN l USING (id)
        )
        SELECT coalesce(sum(images), 0), coalesce(sum(inferences), 0), coalesce(sum(letters), 0),
               count(*) FILTER (WHERE images = 0 OR inferences + letters = 0),
               coalesce(sum(greatest(images - 1, 0) + (inferences - versions)), 0)
        FROM stored
        """

    private static let pictures = """
        SELECT true_label, label, count(*)
        FROM (SELECT DISTINCT ON (md5(png)) label, true_label
              FROM classified_images c JOIN demo_images d ON d.id = c.id
              WHERE true_label IS NOT NULL
              ORDER BY md5(png), c.captured_at) AS pictures
        GROUP BY true_label, label
        """
}
