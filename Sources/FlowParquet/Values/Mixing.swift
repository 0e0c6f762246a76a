extension UInt64 {
  /// Each bit of the result depends on all bits: values may differ in a few upper bits only, as reals do, or in the last byte, as texts do.
  var mixed: UInt64 {
    let product = multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
  }
}
