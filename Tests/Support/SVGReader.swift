import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// What an SVG is made of: the names of its elements, their texts, and the colours they are filled with.
public final class SVGReader: NSObject, XMLParserDelegate {
    /// Names, in the order of the file.
    public private(set) var elements: [String] = []
    /// What stands in the elements of a name.
    public private(set) var texts: [String: String] = [:]
    /// 0xRRGGBB and how many elements are filled with it.
    public private(set) var fills: [UInt32: Int] = [:]

    /// Reads a whole file.
    public init(_ svg: [UInt8]) throws {
        super.init()
        let parser = XMLParser(data: Data(svg))
        parser.delegate = self
        try #require(parser.parse(), "\(String(describing: parser.parserError))")
    }

    /// As `XMLParserDelegate` says.
    public func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements.append(name)
        // Cairo 1.16 writes a style, 1.18 an attribute; both say rgb(12.5%,0%,100%).
        let style = attributes["style"]?.split(separator: ";").first { $0.hasPrefix("fill:") }?.dropFirst(5)
        guard let fill = attributes["fill"].map({ Substring($0) }) ?? style, fill.hasPrefix("rgb(") else { return }
        let parts = fill.dropFirst(4).prefix { $0 != ")" }.split(separator: ",").map { part in
            Double(part.trimmingCharacters(in: CharacterSet(charactersIn: " %"))) ?? 0
        }
        fills[parts.reduce(0) { $0 << 8 | UInt32(($1 * 2.55).rounded()) }, default: 0] += 1
    }

    /// As `XMLParserDelegate` says.
    public func parser(_ parser: XMLParser, foundCharacters text: String) {
        texts[elements.last ?? "", default: ""] += text
    }
}
