import HTTPTypes
import Hummingbird

enum WebPlaceholder {
  static func style() -> [UInt8] { PackageResources.site_css }
  static func router() -> Router<BasicRequestContext> {
    let router = Router()
    router.get("/healthz") { _, _ in HTTPResponse.Status.ok }
    return router
  }
}
