import BinaryFuzzEntries
import FuzzDriver

_ = FuzzDriver.run { bytes, count in
    BinaryFuzzEntries.framing(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
