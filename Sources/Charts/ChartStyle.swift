/// Colours and sizes that all charts share, in units of a picture 1400 wide.
public enum ChartStyle {
    /// Of the picture.
    public static let width = 1400.0
    /// Left and right of everything.
    public static let margin = 36.0
    /// Of words.
    public static let text = Colour(0x1A1A1A)
    /// Of words beside the point.
    public static let quiet = Colour(0x4D4D4D)
    /// Of the lines around a plot.
    public static let frame = Colour(0x333333)
    /// The background.
    public static let white = Colour(0xFFFFFF)
    /// Of the heading.
    public static let titleSize = 34.0
    /// Of the lines below it.
    public static let subtitleSize = 22.0
    /// Of the numbers and names along an axis.
    public static let axisSize = 21.0
}
