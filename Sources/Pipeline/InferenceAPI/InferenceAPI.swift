import HTTP
import Images
import Inference

/// The HTTP API of a classifier: the Open Inference Protocol v2 (KServe, Triton) with its binary data, and a plain
/// `/classify`; described in `schemas/openapi.json`.
public final class InferenceAPI: Sendable {
    let service: InferenceService
    let limits: APILimits
    private let token: AccessToken?
    private let programVersion: String
    private let budget: RequestBudget

    /// - Parameters:
    ///   - service: whose model answers.
    ///   - token: what clients must show; without one the API answers on loopback addresses alone.
    ///   - programVersion: of iotpipe.
    public convenience init(service: InferenceService, token: AccessToken?, programVersion: String) {
        self.init(service: service, token: token, programVersion: programVersion, limits: APILimits())
    }

    init(service: InferenceService, token: AccessToken?, programVersion: String, limits: APILimits) {
        self.service = service
        self.token = token
        self.programVersion = programVersion
        self.limits = limits
        budget = RequestBudget(maxRequests: limits.maxRequests, maxBytes: limits.maxBytes)
    }

    // MARK: - Before the body

    /// Decides on a request's headers; nil where its path is not of this API.
    func admission(_ request: HTTPServer.Request) -> HTTPServer.Admission? {
        guard let route = APIRoute(path: request.path) else { return nil }
        do throws(APIError) {
            try checkAccess(route, request)
            guard route.isPost else { return .admitted(maxBody: 0) }
            try checkForm(route, request)
            let bytes = announcedLength(request)
            // The server refuses that by itself.
            guard bytes <= limits.maxBody else { return .admitted(maxBody: limits.maxBody) }
            guard let permit = budget.permit(bytes: bytes) else { throw tooMany }
            return .admitted(maxBody: limits.maxBody, permit: permit)
        } catch {
            return .refused(error.response)
        }
    }

    /// Bytes of the body that is to come; where it comes in chunks, the most that there can be.
    private func announcedLength(_ request: HTTPServer.Request) -> Int {
        if request.headers["transfer-encoding"] != nil { return limits.maxBody }
        guard let text = request.headers["content-length"] else { return 0 }
        return UInt32(text).map { Int($0) } ?? .max
    }

    private func checkAccess(_ route: APIRoute, _ request: HTTPServer.Request) throws(APIError) {
        let methods = route.isPost ? ["POST"] : ["GET", "HEAD"]
        guard methods.contains(request.method) else {
            let list = methods.joined(separator: ", ")
            throw APIError(405, "method not allowed; allowed here: \(list)", headers: ["Allow": list])
        }
        if route.isOpen { return }
        if let token {
            guard token.isShown(by: request.headers["authorization"]) else {
                throw APIError(
                    401, "the token is missing or wrong: send it as `Authorization: Bearer TOKEN`",
                    headers: ["WWW-Authenticate": "Bearer"])
            }
        } else if !request.isLoopback {
            throw APIError(
                403,
                "inference is closed on an address that other machines reach: start iotpipe infer with "
                    + "--http-token-file, or with --http on 127.0.0.1")
        }
    }

    private func checkForm(_ route: APIRoute, _ request: HTTPServer.Request) throws(APIError) {
        let type = request.headers["content-type"]?.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
        let mayBeMissing = route != .classify
        guard type.map(route.contentTypes.contains) ?? mayBeMissing else {
            throw APIError(415, "the body must be \(route.contentTypes.joined(separator: " or ")): set Content-Type")
        }
        if let encoding = request.headers["content-encoding"], encoding.lowercased() != "identity" {
            throw APIError(415, "the body must not be compressed: leave Content-Encoding out")
        }
    }

    private var tooMany: APIError { .later(429, "too many requests at a time: try again in a second") }

    // MARK: - The whole request

    /// Answers an admitted request; nil where its path is not of this API.
    func response(to request: HTTPServer.Request) -> HTTPServer.Response? {
        guard let route = APIRoute(path: request.path) else { return nil }
        do throws(APIError) {
            return try response(route, request)
        } catch {
            return error.response
        }
    }

    private func response(_ route: APIRoute, _ request: HTTPServer.Request) throws(APIError) -> HTTPServer.Response {
        switch route {
        case .server: return ModelDescription.server(version: programVersion)
        case .live: return .json("{\"live\":true}")
        case .ready:
            guard service.model != nil else { throw .refusal(.notReady) }
            return .json("{\"ready\":true}")
        case .model(let name, let version):
            return ModelDescription.model(try model(name, version))
        case .modelReady(let name, let version):
            return ModelDescription.ready(try model(name, version))
        case .infer(let name, let version):
            _ = try model(name, version)
            return try infer(request, version: version)
        case .classify: return try classify(request)
        case .description: return .json(OpenAPIDocument.text)
        }
    }

    /// The model of that name and version, once it is ready.
    private func model(_ name: String, _ version: String?) throws(APIError) -> ServedModel {
        guard name == ServedModel.name else {
            throw .missing("there is no such model: the one here is \(ServedModel.name)")
        }
        guard let model = service.model else { throw .refusal(.notReady) }
        guard version == nil || version == model.version else {
            throw .missing("\(name) has no such version: the one here is \(model.version)")
        }
        return model
    }

    // MARK: - Pictures

    private func infer(
        _ request: HTTPServer.Request, version: String?
    ) throws(APIError) -> HTTPServer.Response {
        let headerLength = request.headers["inference-header-content-length"]
        // Numbers in JSON take at least two bytes each.
        if headerLength == nil { try reserve(request.body.count / 2, request) }
        let parsed = try InferenceRequest(body: request.body, headerLength: headerLength, limits: limits)
        try reserve(parsed.byteCount, request)
        let answer = try answer(parsed.images())
        // Its weights may have been replaced meanwhile.
        guard version == nil || version == answer.model.version else { throw .refusal(.notReady) }
        return InferenceResponse(model: answer.model, request: parsed, rows: answer.rows).encoded()
    }

    private func classify(_ request: HTTPServer.Request) throws(APIError) -> HTTPServer.Response {
        let pngLimits = PNGCodec.Limits(
            maxWidth: limits.maxSide, maxHeight: limits.maxSide, maxPixels: limits.maxPixels, maxBytes: limits.maxBody)
        let image: RGBImage
        do {
            try reserve(3 * (try PNGCodec.pixelCount(of: request.body, limits: pngLimits)), request)
            image = try PNGCodec.decode(request.body, limits: pngLimits)
        } catch let error as ImageError {
            throw error.code == .tooLarge ? APIError(413, error.message) : .malformed(error.message)
        } catch {
            throw error as? APIError ?? APIError(500, "the picture cannot be read")
        }
        let answer = try answer([image])
        return ModelDescription.classified(
            answer.model, top: ClassScore.best(5, of: answer.rows[0], labels: answer.model.labels))
    }

    /// Takes memory for decoded pictures, or asks the client to come back.
    private func reserve(_ bytes: Int, _ request: HTTPServer.Request) throws(APIError) {
        guard request.permit?.grow(by: bytes) ?? true else { throw tooMany }
    }

    private func answer(_ images: [RGBImage]) throws(APIError) -> InferenceService.Answer {
        do {
            return try service.classify(images)
        } catch {
            throw .refusal(error)
        }
    }
}
