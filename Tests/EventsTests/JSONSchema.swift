import Foundation

/// As much of JSON Schema as the files in `schemas` use: what is wrong with a value, by its place.
struct JSONSchema {
    private let document: [String: Any]
    private let file: URL

    /// Reads a file of the folder `schemas`.
    init(_ name: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        try self.init(root.appending(path: "schemas/\(name)"))
    }

    private init(_ file: URL) throws {
        self.file = file
        document = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    }

    /// What stands at a place such as `#/channels/images`, references followed.
    func object(_ pointer: String) -> [String: Any]? {
        var current: Any? = document
        for part in pointer.split(separator: "/").dropFirst() {
            current = (current as? [String: Any])?[String(part)]
            if let reference = (current as? [String: Any])?["$ref"] as? String, reference.hasPrefix("#") {
                current = object(reference)
            }
        }
        return current as? [String: Any]
    }

    /// What is wrong with a value by the schema at a place.
    func faults(of value: Any, by pointer: String, name: String = "value") throws -> [String] {
        guard let schema = object(pointer) else { return ["no schema at \(pointer)"] }
        return try faults(value, schema, name)
    }

    private func faults(_ value: Any, _ schema: [String: Any], _ name: String) throws -> [String] {
        if let reference = schema["$ref"] as? String {
            if reference.hasPrefix("#") { return try faults(of: value, by: reference, name: name) }
            let other = try JSONSchema(file.deletingLastPathComponent().appending(path: reference))
            return try other.faults(value, other.document, name)
        }
        var found: [String] = []
        if let type = schema["type"] as? String, !JSONSchema.isOfType(value, type) {
            found.append("\(name): no \(type)")
        }
        if let constant = schema["const"] as? String, value as? String != constant {
            found.append("\(name): not \(constant)")
        }
        if let list = schema["enum"] as? [String], !list.contains(value as? String ?? "") {
            found.append("\(name): none of \(list)")
        }
        if let text = value as? String {
            if text.count < schema["minLength"] as? Int ?? 0 { found.append("\(name): too short") }
            if text.count > schema["maxLength"] as? Int ?? .max { found.append("\(name): too long") }
            if let pattern = schema["pattern"] as? String, text.range(of: pattern, options: .regularExpression) == nil {
                found.append("\(name): \(text) does not match \(pattern)")
            }
        }
        if let number = (value as? NSNumber)?.doubleValue {
            if number < schema["minimum"] as? Double ?? -.infinity { found.append("\(name): too small") }
            if number > schema["maximum"] as? Double ?? .infinity { found.append("\(name): too large") }
        }
        if let list = value as? [Any] {
            if list.count < schema["minItems"] as? Int ?? 0 || list.count > schema["maxItems"] as? Int ?? .max {
                found.append("\(name): \(list.count) items")
            }
            for item in list { found += try faults(item, schema["items"] as? [String: Any] ?? [:], "\(name)[]") }
        }
        if let object = value as? [String: Any] { found += try faults(ofObject: object, schema, name) }
        return found
    }

    /// Fields that the schema does not name are faults, too: what we write must be described.
    private func faults(ofObject object: [String: Any], _ schema: [String: Any], _ name: String) throws -> [String] {
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        let patterns = schema["patternProperties"] as? [String: [String: Any]] ?? [:]
        var found = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map {
            "\(name).\($0): missing"
        }
        for (key, value) in object {
            let matching = patterns.first { key.range(of: $0.key, options: .regularExpression) != nil }?.value
            guard let schema = properties[key] ?? matching else {
                found.append("\(name).\(key): not described")
                continue
            }
            found += try faults(value, schema, "\(name).\(key)")
        }
        return found
    }

    private static func isOfType(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "integer": value is Int
        case "number": value is Double
        default: false
        }
    }
}
