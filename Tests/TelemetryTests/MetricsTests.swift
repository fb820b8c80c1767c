import Telemetry
import Testing
import Threads

@Suite struct MetricsTests {
    @Test func textHasTheExpositionFormat() {
        let metrics = Metrics()
        metrics.counter("images_received", help: "Images\ntaken \"in\" \\.").add(3)
        let queue = metrics.gauge("queue_images", help: "Images that wait.", labels: ["topic": "a\"b\\c\nd", "p": "0"])
        queue.set(2)
        queue.add(-0.5)
        metrics.gauge("queue_images", help: "Images that wait.", labels: ["topic": "x", "p": "1"]).set(.infinity)
        let histogram = metrics.histogram("decode_seconds", help: "Time to decode.", bounds: [0.5, 1])
        for value in [0.25, 0.5, 0.75, 4] { histogram.observe(value) }
        #expect(
            metrics.prometheusText() == #"""
                # HELP iotpipe_images_received_total Images\ntaken "in" \\.
                # TYPE iotpipe_images_received_total counter
                iotpipe_images_received_total 3
                # HELP iotpipe_queue_images Images that wait.
                # TYPE iotpipe_queue_images gauge
                iotpipe_queue_images{topic="a\"b\\c\nd",p="0"} 1.5
                iotpipe_queue_images{topic="x",p="1"} +Inf
                # HELP iotpipe_decode_seconds Time to decode.
                # TYPE iotpipe_decode_seconds histogram
                iotpipe_decode_seconds_bucket{le="0.5"} 2
                iotpipe_decode_seconds_bucket{le="1.0"} 3
                iotpipe_decode_seconds_bucket{le="+Inf"} 4
                iotpipe_decode_seconds_sum 5.5
                iotpipe_decode_seconds_count 4

                """#)
    }

    @Test func labelledHistogramKeepsItsLabels() {
        let metrics = Metrics()
        metrics.histogram("h_seconds", help: "H.", labels: ["stage": "a"], bounds: [1]).observe(2)
        #expect(metrics.prometheusText().contains(#"iotpipe_h_seconds_bucket{stage="a",le="+Inf"} 1"#))
        #expect(metrics.prometheusText().contains(#"iotpipe_h_seconds_count{stage="a"} 1"#))
    }

    @Test func sameNameAndLabelsAreTheSameMetric() {
        let metrics = Metrics()
        let first = metrics.counter("images", help: "Images.", labels: ["stage": "a"])
        #expect(metrics.counter("images", help: "Images.", labels: ["stage": "a"]) === first)
        #expect(metrics.counter("images", help: "Images.", labels: ["stage": "b"]) !== first)
    }

    @Test func nothingIsLostBetweenThreads() {
        let metrics = Metrics()
        let counter = metrics.counter("c", help: "C.")
        let gauge = metrics.gauge("g", help: "G.")
        let histogram = metrics.histogram("h", help: "H.", bounds: [1])
        let threads = (0..<4).map { number in
            OSThread(name: "adder-\(number)") {
                for _ in 0..<10_000 {
                    counter.add()
                    gauge.add(1)
                    histogram.observe(2)
                }
            }
        }
        threads.forEach { $0.join() }
        #expect(counter.value == 40_000)
        #expect(gauge.value == 40_000)
        #expect(metrics.prometheusText().contains("iotpipe_h_sum 80000.0\niotpipe_h_count 40000\n"))
    }

    @Test func nothingRegisteredIsEmptyText() {
        #expect(Metrics().prometheusText().isEmpty)
    }
}
