import Events
import Testing

@Suite struct TraceContextTests {
    @Test func readsAndWritesTheStandardsExample() throws {
        let trace = try #require(TraceContext(traceparent: Samples.traceparent))
        #expect(trace.traceparent == Samples.traceparent)
        #expect(trace.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
    }

    @Test func childKeepsTheTraceAndItsFlags() throws {
        let trace = try #require(
            TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"))
        let child = trace.child()
        #expect(child.traceID == trace.traceID)
        #expect(child != trace)
        #expect(child.traceparent.hasSuffix("-00"))
    }

    @Test func madeOnesDifferAndAreSampled() {
        let first = TraceContext.make()
        #expect(first.traceID != TraceContext.make().traceID)
        #expect(first.traceparent.hasPrefix("00-"))
        #expect(first.traceparent.hasSuffix("-01"))
        #expect(TraceContext(traceparent: first.traceparent) == first)
    }

    @Test func laterVersionsAreReadAndWrittenAsOurs() {
        let later = TraceContext(traceparent: "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-f1-more")
        #expect(later?.traceparent == Samples.traceparent)
    }

    @Test(arguments: [
        "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
    ])
    func refuses(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }
}
