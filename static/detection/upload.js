// Choose, drop or take pictures, and let each be looked at as it has come.

import { begin } from "../uploads/form.js";

begin({ fields: ["detector"] });
