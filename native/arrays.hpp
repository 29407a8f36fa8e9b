// NumPy arrays that go in and come out, and what is checked of them.

#pragma once

#include <nanobind/ndarray.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace srec {

namespace nb = nanobind;

template <typename Scalar, size_t Dimensions>
using Array = nb::ndarray<const Scalar, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;
template <typename Scalar, size_t Dimensions>
using Result = nb::ndarray<Scalar, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;

inline bool are_rows(const int64_t* rows, size_t size, int64_t count) {
    return std::all_of(rows, rows + size, [count](int64_t row) { return row >= 0 && row < count; });
}

template <typename Scalar>
bool are_finite(const Scalar* numbers, size_t size) {
    return std::all_of(numbers, numbers + size, [](Scalar one) { return std::isfinite(one); });
}

// An array of what a vector holds, which it keeps.
template <typename Scalar>
nb::ndarray<nb::numpy, Scalar, nb::ndim<1>> array_of(std::vector<Scalar>&& values) {
    auto* kept = new std::vector<Scalar>(std::move(values));
    nb::capsule owner(kept, [](void* one) noexcept { delete static_cast<std::vector<Scalar>*>(one); });
    return {kept->data(), {kept->size()}, owner};
}

}  // namespace srec
