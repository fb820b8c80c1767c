/// What a path of the inference API means.
enum APIRoute: Equatable {
    /// The server's name and extensions.
    case server
    case live
    case ready
    case model(name: String, version: String?)
    case modelReady(name: String, version: String?)
    case infer(name: String, version: String?)
    case classify
    case description

    /// Nil for a path that is not of this API.
    init?(path: String) {
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch parts {
        case ["classify"]: self = .classify
        case ["openapi.json"]: self = .description
        case ["v2"]: self = .server
        case ["v2", "health", "live"]: self = .live
        case ["v2", "health", "ready"]: self = .ready
        default:
            guard parts.count >= 3, parts[..<2] == ["v2", "models"] else { return nil }
            let name = parts[2]
            var rest = parts[3...]
            var version: String?
            if rest.first == "versions", rest.count >= 2 {
                version = rest[rest.startIndex + 1]
                rest = rest.dropFirst(2)
            }
            switch Array(rest) {
            case []: self = .model(name: name, version: version)
            case ["ready"]: self = .modelReady(name: name, version: version)
            case ["infer"]: self = .infer(name: name, version: version)
            default: return nil
            }
        }
    }

    /// Whether the request brings pictures.
    var isPost: Bool {
        switch self {
        case .infer, .classify: true
        default: false
        }
    }

    /// Whether everybody may ask, also without the token: what orchestrators and readers of the description need.
    var isOpen: Bool {
        switch self {
        case .live, .ready, .description: true
        default: false
        }
    }

    /// The media types that a body may have. A v2 client need not say: its header tells JSON from binary data.
    var contentTypes: [String] {
        switch self {
        case .infer: ["application/json", "application/octet-stream"]
        case .classify: ["image/png"]
        default: []
        }
    }
}
