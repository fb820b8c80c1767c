import Images

/// The names of the classes, for weights that do not bring their own.
public enum Labels {
    /// The names that a network of so many classes commonly has: 1000 are ImageNet's, 100 are CIFAR-100's; else
    /// "class 0", "class 1" and so on.
    public static func usual(forClasses classes: Int) -> [String] {
        switch classes {
        case 1000: return imageNet
        case 100: return CIFAR100Labels.fine
        default: return (0..<classes).map { "class \($0)" }
        }
    }
}
