import Foundation
import HTTP
import Images
import Inference
import Telemetry
import Testing

@testable import Pipeline

@Suite struct InferenceAPITests {
    private static let secret = "0123456789abcdef-token"

    private func api(
        _ service: InferenceService = AnsweringModel.service(), token: String? = nil, limits: APILimits = APILimits()
    ) throws -> InferenceAPI {
        InferenceAPI(
            service: service, token: try token.map { token in try AccessToken(token) }, programVersion: "1.2.3",
            limits: limits)
    }

    /// What the server would answer.
    private func answer(
        _ api: InferenceAPI, _ method: String, _ path: String, type: String? = nil, body: [UInt8] = [],
        headers: [String: String] = [:], isLoopback: Bool = true
    ) throws -> HTTPServer.Response {
        var headers = headers
        headers["content-type"] = type
        if method == "POST" { headers["content-length"] = String(body.count) }
        func request(_ permit: RequestPermit?) -> HTTPServer.Request {
            HTTPServer.Request(
                method: method, path: path, headers: headers, body: body, isLoopback: isLoopback, permit: permit)
        }
        switch try #require(api.admission(request(nil))) {
        case .refused(let response): return response
        case .admitted(let maxBody, let permit):
            #expect(body.count <= maxBody)
            return try #require(api.response(to: request(permit)))
        }
    }

    private func infer(_ api: InferenceAPI, _ path: String = "/v2/models/resnet50/infer") throws
        -> HTTPServer.Response
    {
        let body = "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"UINT8\",\"shape\":[1,1,1,3],\"data\":[3,0,0]}]}"
        return try answer(api, "POST", path, type: "application/json", body: Array(body.utf8))
    }

    private static let png = try! PNGCodec.encode(RGBImage(width: 2, height: 1, pixels: [4, 0, 0, 0, 0, 0]))

    // MARK: - Answers

    @Test(arguments: [
        ("/v2", "{\"name\":\"iotpipe\",\"version\":\"1.2.3\","), ("/v2/health/live", "{\"live\":true}"),
        ("/v2/health/ready", "{\"ready\":true}"), ("/v2/models/resnet50", "\"shape\":[-1,-1,-1,3]"),
        ("/v2/models/resnet50/versions/0123456789ab-f32", "\"shape\":[-1,6]"),
        ("/v2/models/resnet50/ready", "{\"name\":\"resnet50\",\"ready\":true}"),
        ("/v2/models/resnet50/versions/0123456789ab-f32/ready", "\"ready\":true"), ("/openapi.json", "\"3.1.0\""),
    ])
    func whatIsAskedForIsAnsweredAsJSON(path: String, part: String) throws {
        let response = try answer(api(), "GET", path)
        #expect(response.status == 200 && response.contentType == "application/json")
        #expect(response.text.contains(part), "\(response.text)")
        _ = try JSONSerialization.jsonObject(with: Data(response.body))
    }

    @Test func aTensorIsClassified() throws {
        for path in ["/v2/models/resnet50/infer", "/v2/models/resnet50/versions/0123456789ab-f32/infer"] {
            let response = try infer(api(), path)
            #expect(response.status == 200 && response.text.contains("\"data\":[\"dog\"]"), "\(response.text)")
        }
    }

    @Test func aPNGIsClassified() throws {
        let response = try answer(api(), "POST", "/classify", type: "image/png", body: Self.png)
        #expect(
            response.text.hasPrefix(
                "{\"model\":\"resnet50\",\"modelVersion\":\"0123456789ab-f32\",\"top5\":["
                    + "{\"label\":\"elk\",\"index\":4,\"probability\":0.5},{\"label\":\"apple\","), "\(response.text)")
        let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        #expect((object?["top5"] as? [Any])?.count == 5)
    }

    // MARK: - Refusals

    @Test(arguments: [
        ("GET", "/v2/models/other", 404), ("GET", "/v2/models/resnet50/versions/1", 404),
        ("POST", "/v2/models/other/infer", 404), ("POST", "/v2", 405), ("GET", "/classify", 405),
        ("GET", "/v2/models/resnet50/infer", 405),
    ])
    func whatIsNotThereIsSaid(method: String, path: String, status: Int) throws {
        let response = try answer(api(), method, path, type: "application/json")
        #expect(response.status == status && response.text.hasPrefix("{\"error\":\""))
        #expect((response.headers["Allow"] != nil) == (status == 405))
    }

    @Test(arguments: ["/", "/v2/", "/v2/x", "/v2/models", "/v2/models/resnet50/x", "/classify/", "/health", "v2"])
    func otherPathsAreNotOfThisAPI(path: String) throws {
        #expect(try api().admission(.init(method: "GET", path: path)) == nil)
    }

    @Test(
        arguments: [
            ("/classify", nil, 415), ("/classify", "image/jpeg", 415), ("/classify", "image/png; x=y", 400),
            ("/v2/models/resnet50/infer", "text/plain", 415), ("/v2/models/resnet50/infer", nil, 400),
            ("/v2/models/resnet50/infer", "Application/JSON;charset=utf-8", 400),
        ] as [(String, String?, Int)])
    func theMediaTypeIsChecked(path: String, type: String?, status: Int) throws {
        #expect(try answer(api(), "POST", path, type: type, body: [1]).status == status)
    }

    @Test func aCompressedBodyIsRefused() throws {
        let response = try answer(
            api(), "POST", "/classify", type: "image/png", body: [1], headers: ["content-encoding": "gzip"])
        #expect(response.status == 415)
    }

    @Test func aPictureThatIsTooLargeIsRefused() throws {
        let limits = APILimits(maxPixels: 1)
        let response = try answer(api(limits: limits), "POST", "/classify", type: "image/png", body: Self.png)
        #expect(response.status == 413)
    }

    @Test func requestsAndTheirMemoryAreLimited() throws {
        let png = Self.png
        let none = try api(limits: APILimits(maxRequests: 0))
        // The body fits, the decoded picture does not.
        let little = try api(limits: APILimits(maxBytes: png.count + 5))
        for api in [none, little] {
            let response = try answer(api, "POST", "/classify", type: "image/png", body: png)
            #expect(response.status == 429 && response.headers["Retry-After"] == "1")
        }
        #expect(
            try answer(
                api(limits: APILimits(maxBytes: png.count + 6)), "POST", "/classify", type: "image/png", body: png
            )
            .status == 200)
        // An unknown length counts as the longest, whatever else is claimed.
        let chunked = HTTPServer.Request(
            method: "POST", path: "/classify",
            headers: ["content-type": "image/png", "transfer-encoding": "chunked", "content-length": "1"])
        if case .admitted = little.admission(chunked) { Issue.record("a body of unknown length was admitted") }
    }

    @Test func aModelThatIsNotReadyAnswers503() throws {
        let cold = try api(InferenceService(metrics: Metrics()))
        #expect(try answer(cold, "GET", "/v2/health/live").status == 200)
        let responses = [
            try answer(cold, "GET", "/v2/health/ready"), try answer(cold, "GET", "/v2/models/resnet50/ready"),
            try infer(cold), try answer(cold, "POST", "/classify", type: "image/png", body: Self.png),
        ]
        #expect(responses.allSatisfy { $0.status == 503 && $0.headers["Retry-After"] == "1" })
    }

    @Test func aFullQueueAnswers503AndALateAnswer504() throws {
        let full = InferenceService(metrics: Metrics())
        full.open(AnsweringModel.model) { _ in false }
        #expect(try infer(api(full)).status == 503)
        let slow = InferenceService(metrics: Metrics(), patience: .zero)
        slow.open(AnsweringModel.model) { _ in true }
        #expect(try infer(api(slow)).status == 504)
    }

    // MARK: - Access

    @Test func withoutATokenOnlyLoopbackIsServed() throws {
        let open = try api()
        #expect(try answer(open, "GET", "/v2/models/resnet50", isLoopback: false).status == 403)
        let response = try answer(
            open, "POST", "/classify", type: "image/png", body: Self.png, isLoopback: false)
        #expect(response.status == 403 && response.text.contains("--http-token-file"))
        for path in ["/v2/health/live", "/v2/health/ready", "/openapi.json"] {
            #expect(try answer(open, "GET", path, isLoopback: false).status == 200)
        }
    }

    @Test(arguments: [true, false]) func theTokenIsAskedFor(isLoopback: Bool) throws {
        let closed = try api(token: Self.secret)
        func status(_ authorization: String?, path: String = "/v2") throws -> Int {
            try answer(
                closed, "GET", path, headers: authorization.map { ["authorization": $0] } ?? [:],
                isLoopback: isLoopback
            ).status
        }
        #expect(try status("Bearer \(Self.secret)") == 200)
        #expect(try status("bearer \(Self.secret)") == 200)
        for wrong in [nil, "", Self.secret, "Basic \(Self.secret)", "Bearer \(Self.secret)x", "Bearer"] {
            #expect(try status(wrong) == 401)
            #expect(try status(wrong, path: "/v2/health/ready") == 200)
        }
    }

    // MARK: - The description

    @Test func theDescriptionIsTheFileInSchemas() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = try String(contentsOf: root.appending(path: "schemas/openapi.json"), encoding: .utf8)
        #expect(file == OpenAPIDocument.text, "run scripts/embed-openapi")
    }

    @Test func theDescriptionHasEveryPathAndTheLimits() throws {
        let description = try #require(
            JSONSerialization.jsonObject(with: Data(OpenAPIDocument.text.utf8)) as? [String: Any])
        let paths = try #require(description["paths"] as? [String: [String: Any]])
        for (path, operations) in paths where !["/health", "/metrics"].contains(path) {
            let route = APIRoute(
                path: path.replacing("{name}", with: "resnet50").replacing("{version}", with: "1"))
            #expect(route != nil, "\(path)")
            #expect(operations[route?.isPost == true ? "post" : "get"] != nil, "\(path)")
        }
        #expect(paths.count == 13)
        let limits = APILimits()
        for text in ["At most \(limits.maxImages) pictures, 8,388,608 pixels and 32 MiB", "within 30 seconds"] {
            #expect(OpenAPIDocument.text.contains(text))
        }
        #expect(limits.maxPixels == 8_388_608 && limits.maxBody == 32 << 20)
    }
}
