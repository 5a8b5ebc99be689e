#include "rules/order.h"

const struct order order_default = {
    7,
    {
        METHOD_ACCOUNT,
        METHOD_NTA7516,
        METHOD_ACCESS_RIGHT,
        METHOD_TRANSPORT_SECURITY,
        METHOD_SHARED_SMS,
        METHOD_SHARED_ACCESS_CODE,
        METHOD_EMAIL,
    },
};

const struct order order_direct_delivery = {
    8,
    {
        METHOD_ACCOUNT,
        METHOD_NTA7516,
        METHOD_DIRECT_DELIVERY,
        METHOD_ACCESS_RIGHT,
        METHOD_TRANSPORT_SECURITY,
        METHOD_SHARED_SMS,
        METHOD_SHARED_ACCESS_CODE,
        METHOD_EMAIL,
    },
};
