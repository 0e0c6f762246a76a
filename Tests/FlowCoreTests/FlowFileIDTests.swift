import FlowCore
import Testing

@Suite("A FlowFile's id is parsed only in its canonical form")
struct FlowFileIDTests {
  @Test("the canonical form round-trips", arguments: ["00000000-0000-4000-8000-000000000001", "f81d4fae-7dec-41d0-a765-00a0c91e6bf6"])
  func canonical(_ text: String) throws {
    #expect(try #require(FlowFileID(text: text)).text == text)
  }

  @Test("upper-case digits are parsed as lower-case ones")
  func capitals() throws {
    #expect(try #require(FlowFileID(text: "F81D4FAE-7DEC-41D0-A765-00A0C91E6BF6")).text == "f81d4fae-7dec-41d0-a765-00a0c91e6bf6")
  }

  @Test(
    "everything else is rejected",
    arguments: [
      "", "f81d4fae7dec41d0a76500a0c91e6bf6", "f81d4fae-7dec-41d0-a76500a0-c91e6bf6", "-f81d4fae7dec-41d0-a765-00a0c91e6bf6",
      "+81d4fae-7dec-41d0-a765-00a0c91e6bf6", "f81d4fae-7dec-41d0-+765-00a0c91e6bf6", "g81d4fae-7dec-41d0-a765-00a0c91e6bf6",
      "f81d4fae-7dec-41d0-a765-00a0c91e6bf", "f81d4fae-7dec-41d0-a765-00a0c91e6bf6 ", "{f81d4fae-7dec-41d0-a765-00a0c91e6b}",
    ])
  func refused(_ text: String) {
    #expect(FlowFileID(text: text) == nil)
  }
}
