import FlowCore
import FlowCrypto
import FlowDrawing
import HTTPTypes
import Hummingbird
import NIOCore
import StudyReport

/// Style, scripts and icon of the pages, from memory. No path of a request reaches the file system.
package struct AssetsPart: SitePart {
  struct Asset: Sendable {
    var type: String
    var bytes: [UInt8]
    var tag: String

    init(_ type: String, _ bytes: [UInt8]) {
      self.type = type
      self.bytes = bytes
      tag = "\"\(Hexadecimal.text(SHA256.digest(of: bytes).prefix(16)))\""
    }
  }

  /// By name, below `/assets/`.
  let assets: [String: Asset]
  /// Whether dygraphs was found.
  package var hasDygraphs: Bool { assets[Self.dygraphScript] != nil }

  static let dygraphScript = "dygraph.min.js"
  private static let dygraphStyle = "dygraph.min.css"
  /// Where Debian's package has it, and where others put it.
  private static let dygraphFolders = ["/usr/share/javascript/dygraphs", "/usr/share/javascript/dygraphs/dist", "/usr/local/share/javascript/dygraphs"]
  private static let longest = 4 << 20

  /// Reads dygraphs if it is installed; blocks.
  package init(fileSystem: any FileSystem) {
    var assets = [
      "site.css": Asset("text/css; charset=utf-8", PackageResources.site_css), "graph.css": Asset("text/css; charset=utf-8", Array(GraphDrawing.style.utf8)),
      "charts.css": Asset("text/css; charset=utf-8", Array(ReportStyle.charts.utf8)),
      "live.js": Asset("text/javascript; charset=utf-8", PackageResources.live_js), "chart.js": Asset("text/javascript; charset=utf-8", PackageResources.chart_js),
      "icon.svg": Asset("image/svg+xml", PackageResources.icon_svg),
    ]
    for folder in Self.dygraphFolders {
      guard let script = Self.read("\(folder)/\(Self.dygraphScript)", fileSystem), let style = Self.read("\(folder)/\(Self.dygraphStyle)", fileSystem) else { continue }
      assets[Self.dygraphScript] = Asset("text/javascript; charset=utf-8", Self.withoutMap(script))
      assets[Self.dygraphStyle] = Asset("text/css; charset=utf-8", Self.withoutMap(style))
      break
    }
    self.assets = assets
  }

  /// nil if there is no such file, or it cannot be read: the pages then say that dygraphs is not there.
  private static func read(_ path: String, _ fileSystem: any FileSystem) -> [UInt8]? {
    do {
      return try fileSystem.status(path) == nil ? nil : fileSystem.read(path, limitBytes: longest)
    } catch {
      return nil
    }
  }

  /// Without the line that makes browsers ask for a source map.
  private static func withoutMap(_ bytes: [UInt8]) -> [UInt8] {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    return Array(lines.filter { !$0.contains("sourceMappingURL=") }.joined(separator: "\n").utf8)
  }

  package var publicPaths: [String] { ["/assets", "/favicon.ico"] }

  package func addRoutes(to router: Router<WebContext>) {
    for (name, asset) in assets { router.get(RouterPath("/assets/\(name)")) { request, _ in Self.response(asset, to: request) } }
    if let icon = assets["icon.svg"] { router.get("/favicon.ico") { request, _ in Self.response(icon, to: request) } }
  }

  private static func response(_ asset: Asset, to request: Request) -> Response {
    let headers: HTTPFields = [.contentType: asset.type, .eTag: asset.tag, .cacheControl: "public, no-cache"]
    if request.headers[values: .ifNoneMatch].contains(where: { $0.contains(asset.tag) }) { return Response(status: .notModified, headers: headers) }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: asset.bytes)))
  }
}
