import Events
import Images

extension Datasets {
    /// An event with a real picture.
    static func sampleEvent() throws -> ImageCaptured {
        let image = try open(nil).image(at: 0)
        return ImageCaptured(
            id: EventIdentifier.make(), deviceID: "good-1", capturedAt: .now, label: image.label, trace: .make(),
            png: image.png)
    }
}
