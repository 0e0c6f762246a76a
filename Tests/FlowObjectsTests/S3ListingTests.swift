import Testing

@testable import FlowObjects

@Suite("The pages of a list")
struct S3ListingTests {
  private static func page(_ keys: [String], next: String? = nil, encoded: Bool = false) -> AnswerElement? {
    let contents = keys.map { "<Contents><Key>\(AnswerElement.escaped($0))</Key><Size>3</Size></Contents>" }.joined()
    let end = next.map { "<IsTruncated>true</IsTruncated><NextContinuationToken>\($0)</NextContinuationToken>" } ?? "<IsTruncated>false</IsTruncated>"
    return AnswerElement(parsing: Array("<ListBucketResult>\(end)\(encoded ? "<EncodingType>url</EncodingType>" : "")\(contents)</ListBucketResult>".utf8))
  }

  @Test("are joined, without the prefix of the storage, and ask for each other")
  func joins() {
    var listing = S3Listing(prefix: "own/", wanted: "own/a")
    #expect(listing.query.map { "\($0.name)=\($0.value)" } == ["list-type=2", "encoding-type=url", "max-keys=1000", "prefix=own/a"])
    #expect(listing.add(Self.page(["own/a", "own/a%20+b"], next: "1/=", encoded: true)) == nil)
    #expect(!listing.isComplete && listing.query.last?.value == "1/=")
    #expect(listing.add(Self.page([], next: "2")) == nil)
    #expect(listing.add(Self.page(["own/a%20+b"])) == nil)
    #expect(listing.isComplete && listing.objects.map(\.key) == ["a", "a  b", "a%20+b"])
  }

  @Test("marks of folders and keys that are none are not objects")
  func foreign() {
    var listing = S3Listing(prefix: "own/", wanted: "own/")
    #expect(listing.add(Self.page(["own/", "own/.flowrun-1", "own/a/", "own/b"])) == nil)
    #expect(listing.objects.map(\.key) == ["b"])
  }

  @Test(
    "what S3 would not send ends the list",
    arguments: [
      "<L/>", "<L><IsTruncated>true</IsTruncated></L>", "<L><IsTruncated>true</IsTruncated><NextContinuationToken/></L>",
      "<L><IsTruncated>false</IsTruncated><Contents><Size>1</Size></Contents></L>", "<L><IsTruncated>false</IsTruncated><Contents><Key>own/a</Key></Contents></L>",
      "<L><IsTruncated>false</IsTruncated><Contents><Key>own/a</Key><Size>-1</Size></Contents></L>",
      "<L><IsTruncated>false</IsTruncated><Contents><Key>other/a</Key><Size>1</Size></Contents></L>",
      "<L><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType><Contents><Key>own/%</Key><Size>1</Size></Contents></L>",
      "<L><IsTruncated>false</IsTruncated><Contents><Key>own/b</Key><Size>1</Size></Contents><Contents><Key>own/a</Key><Size>1</Size></Contents></L>",
      "<L><IsTruncated>false</IsTruncated><Contents><Key>own/b</Key><Size>1</Size></Contents><Contents><Key>own/b</Key><Size>1</Size></Contents></L>",
    ])
  func nonsense(_ text: String) {
    var listing = S3Listing(prefix: "own/", wanted: "own/")
    #expect(listing.add(AnswerElement(parsing: Array(text.utf8))) != nil)
  }

  @Test("a list that begins again, repeats its token or has no end but empty pages ends")
  func endless() {
    var again = S3Listing(prefix: "", wanted: "")
    #expect(again.add(Self.page(["a", "b"], next: "1")) == nil)
    #expect(again.add(Self.page(["a", "b"], next: "2"))?.contains("out of order") == true)
    var token = S3Listing(prefix: "", wanted: "")
    #expect(token.add(Self.page(["a"], next: "1")) == nil && token.add(Self.page(["b"], next: "1")) != nil)
    var empty = S3Listing(prefix: "", wanted: "")
    let pages = (0...S3Listing.emptyPageLimit).map { empty.add(Self.page([], next: "\($0)")) }
    #expect(pages.last != .some(nil) && pages.dropLast().allSatisfy { $0 == nil })
  }
}
